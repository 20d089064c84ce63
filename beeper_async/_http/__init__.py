"""The way of one request, from a value to a decoded response. Knows no resource and no event."""
