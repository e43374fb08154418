"""The engine: one ordered log per topic, and everything that carries it to a client.

It knows nothing of notifications or chat; docs/architecture.md follows one event through it.
"""
