"""Statements over many rows, for PostgreSQL and SQLite alike."""
