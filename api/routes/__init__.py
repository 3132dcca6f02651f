"""The routes of the native API; each module parses, calls a service and returns."""
