"""Keys of a table to itself."""
