"""The cicerone command."""
