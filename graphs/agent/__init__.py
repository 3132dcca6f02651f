"""The agent: chooses among tools, asks back, and hands out one answer."""
