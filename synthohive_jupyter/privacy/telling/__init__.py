"""What tells that a column holds personal data: its name, the shapes of its values, given names."""
