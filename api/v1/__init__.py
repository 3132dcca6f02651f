"""The OpenAI-compatible face: any existing client can ask."""
