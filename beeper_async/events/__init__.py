"""Live events: the stream, and what is missing from it."""
