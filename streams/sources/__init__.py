"""Where posts come from: one connector a file."""
