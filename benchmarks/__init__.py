"""Measures of what Tanada must reach; run by `make bench`."""
