"""What the speed is, measured beside others on the machine at hand: `make bench`."""
