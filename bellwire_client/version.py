"""The one place that has it; pyproject.toml reads it here."""

__version__ = "0.1.0"
