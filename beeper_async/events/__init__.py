"""Live events: the socket, and what is built on it."""
