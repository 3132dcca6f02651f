"""Databases of a team's own, opened so that nothing can be changed in them."""
