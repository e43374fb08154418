"""User search and blocks (CONTRACT §7)."""
