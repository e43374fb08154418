"""Rooms where people talk, and the assistant, which is not here yet."""
