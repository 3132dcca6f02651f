"""The HTTP face: FastAPI routes over the service."""
