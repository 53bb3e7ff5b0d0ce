"""Keys: formats of key columns, references by position, and the checks that they hold."""
