"""The assistant: it answers from the company's documents."""
