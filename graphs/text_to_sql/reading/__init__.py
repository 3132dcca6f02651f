"""Reads questions about a database: words, values, numbers, times and what they ask for."""
