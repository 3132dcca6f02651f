"""Measures how well support scoring tells supported sentences from others."""
