"""Invented people and their chats."""
