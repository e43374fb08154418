"""The scripts behind the Makefile. Those that make the environment need only Python itself."""
