"""The kill test: what a killed ingestion leaves, compared with an undisturbed one."""
