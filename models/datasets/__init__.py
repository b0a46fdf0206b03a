"""One file per data set, in its original layout."""
