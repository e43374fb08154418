"""From a file's bytes to text and its structure: what is where. Nothing here uses a database."""
