"""Object stores: files by key."""
