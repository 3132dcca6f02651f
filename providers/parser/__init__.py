"""Parsers: a file's bytes in, normalised text with pages and headings out."""
