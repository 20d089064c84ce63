"""The HTTP server: from a request to the handler of its route, and back."""
