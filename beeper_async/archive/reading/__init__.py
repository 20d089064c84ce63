"""What needs no app: messages, searches, status."""
