"""Suites: the same questions asked again and again, compared with the last accepted result."""
