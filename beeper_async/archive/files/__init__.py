"""The files of messages, in a queue of their own."""
