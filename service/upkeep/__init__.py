"""What keeps a library in order: deletes and their return, indexes, storage, the audit trail."""
