"""Reference pages made from the program itself while the documentation is built."""
