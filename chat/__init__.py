"""Chat rooms and the assistant."""
