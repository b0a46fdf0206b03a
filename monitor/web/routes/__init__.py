"""What the page can be asked, by subject; every file ends with its rules."""
