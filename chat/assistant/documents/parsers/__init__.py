"""Parses files into text with structure. Nothing here uses a database."""
