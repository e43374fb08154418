"""STOMP over any message transport: the codec's actions carried out on the hub and the log."""
