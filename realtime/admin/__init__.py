"""Django's admin of the engine. The import registers the page of live connections."""

from realtime.admin import live_connections  # noqa: F401
