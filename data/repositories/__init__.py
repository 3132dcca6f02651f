"""All queries live here, one module a domain."""
