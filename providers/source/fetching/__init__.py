"""Requests to addresses that strangers may have chosen: checked, polite and bounded."""
