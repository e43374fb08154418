"""Chat rooms (docs/contract.md §7)."""
