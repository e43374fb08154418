"""What Bellwire is measured beside. Each is a program of its own."""
