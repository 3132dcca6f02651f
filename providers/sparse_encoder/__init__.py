"""Sparse encoders: texts to term weights."""
