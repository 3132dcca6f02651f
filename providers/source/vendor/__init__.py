"""Reads the interface of a vendor that options describe."""
