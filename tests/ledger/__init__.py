"""The loss ledger: faults under traffic, and a count of what every reader received."""
