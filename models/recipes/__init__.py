"""One readable file per recipe."""
