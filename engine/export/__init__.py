"""A network written for other programs to run: so far, a page for a browser."""
