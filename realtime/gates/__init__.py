"""Ready-made gates: who may open a connection (`realtime.protocol.principal.Gate`)."""
