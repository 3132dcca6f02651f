"""Answers simple questions by rules that know grammar and the catalog, and nothing else."""
