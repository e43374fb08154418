"""The assistant: answers questions from the documents."""
