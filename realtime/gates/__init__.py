"""Ready-made gates, which authenticate connections (`realtime.protocol.principal.Gate`)."""
