"""The scripts behind the Makefile. Those that create the environment need nothing but Python."""
