"""The ingest workflow: a file in, chunks in the index out."""
