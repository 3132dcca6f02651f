"""Versioned prompts: written in POML, compiled when released, filled in when asked.

Reading order: `templates` (what a file may hold), `compiling` (POML in a sandbox), `manifest`
(`catalog.toml`), `releasing` (what changes it), `catalogue` and `rendering` (what runs).
"""
