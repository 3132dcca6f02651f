"""The query workflow: a question in, a cited answer out."""
