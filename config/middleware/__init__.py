"""ASGI and Django middleware around the endpoints: composition only, no feature of its own."""
