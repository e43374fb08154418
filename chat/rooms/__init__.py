"""Rooms where people talk (CONTRACT §7)."""
