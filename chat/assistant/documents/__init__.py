"""Documents that the assistant answers from: parsed, split into passages, and stored."""
