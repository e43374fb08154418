"""A cluster on this machine: the servers that it needs, and how they are started."""
