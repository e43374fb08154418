"""Other servers to compare with, each a program of its own."""
