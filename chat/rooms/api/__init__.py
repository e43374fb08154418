"""REST of rooms."""
