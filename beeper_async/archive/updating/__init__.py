"""Runs: from the app to the database."""
