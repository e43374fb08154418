"""User search and blocks (docs/contract.md §7)."""
