"""ASGI middleware around the HTTP endpoints: composition only, nothing of a feature."""
