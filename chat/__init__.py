"""Rooms where people talk, and the assistant. Nothing is here yet."""
