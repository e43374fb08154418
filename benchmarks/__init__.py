"""Benchmarks: Bellwire's speed beside other servers, on the machine at hand (`make bench`)."""
