"""Rerankers: a closer look at the passages that retrieval found."""
