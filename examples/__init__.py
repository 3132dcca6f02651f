"""The sample company that a fresh installation answers from."""
