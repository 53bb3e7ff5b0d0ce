"""Foreign keys that do not drive: what rows look for, and the parents that they get."""
