"""Bots: handlers for live events."""
