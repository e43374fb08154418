"""The raw HTTP doors of the assistant: answers whole, streamed, and resumed."""
