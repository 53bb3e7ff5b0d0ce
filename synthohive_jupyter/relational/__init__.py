"""What holds tables together: child counts, keys, and the order of work."""
