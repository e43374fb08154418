"""REST endpoints of the assistant (docs/contract.md §8), except those that stream or wait."""
