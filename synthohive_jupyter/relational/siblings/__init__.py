"""What the rows of a family know of those before them."""
