"""Exports: what an archive holds, in forms that other programs and people read."""
