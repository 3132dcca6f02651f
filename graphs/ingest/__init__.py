"""The ingest graph: one file in, searchable chunks out."""
