"""The description of a database: tables, keys, constraints, the graph between them."""
