"""Paging: from cursor to page, and from pages to items, one listing at a time or many at once."""
