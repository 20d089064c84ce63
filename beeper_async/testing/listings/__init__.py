"""Pages of listings: cursors, and the faults that real apps have."""
