"""Walks a web site by its own rules: what is due, what is forbidden, what is a trap."""
