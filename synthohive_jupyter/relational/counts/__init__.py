"""How many children a parent has."""
