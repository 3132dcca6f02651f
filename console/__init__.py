"""The web pages, over the same service as the API."""
