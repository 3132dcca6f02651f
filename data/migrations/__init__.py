"""Alembic's scripts; `data.migrate` runs them."""
