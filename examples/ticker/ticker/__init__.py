"""Live prices for signed-in people: what a Django project needs to use `realtime` alone."""
