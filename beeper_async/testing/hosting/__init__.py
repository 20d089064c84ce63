"""What runs a server: an event loop in a thread, and a port to listen on."""
