"""Guardrails: look for what must not get in or out."""
