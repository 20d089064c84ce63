"""Archives: all messages on disk, searchable, and kept up to date."""
