"""How a database of an earlier program becomes one of this program, one revision a file."""
