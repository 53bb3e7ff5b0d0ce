"""The help of ``%synthohive help``: short pages, each with an example that a test compiles."""
