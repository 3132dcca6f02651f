"""Caches: bytes remembered for a while."""
