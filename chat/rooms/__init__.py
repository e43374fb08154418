"""Chat rooms (CONTRACT §7)."""
