"""Finding people to talk to, and keeping away from some (CONTRACT §7)."""
