"""The life of answers: requested, written by background tasks, ended, and recovered."""
