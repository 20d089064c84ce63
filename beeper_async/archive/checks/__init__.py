"""Whether an archive is what it should be."""
