"""The report of a run: what is compared, drawn and written down. Numbers and names, never rows."""
