"""Answers that were given before: the same question, and one that asks the same."""
