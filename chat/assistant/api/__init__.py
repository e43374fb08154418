"""REST endpoints of the assistant (CONTRACT §8), except those that stream or wait."""
