"""The raw ASGI endpoints of the assistant: ask and wait, ask and stream, resume a stream."""
