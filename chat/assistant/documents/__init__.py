"""What the assistant answers from: read, split into passages, kept with their places."""
