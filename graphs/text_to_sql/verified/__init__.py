"""Verified questions whose queries may be used again for other values."""
