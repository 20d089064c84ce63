"""The doctor: what works between a program and the app, and what to do where it does not."""
