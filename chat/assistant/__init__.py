"""The assistant: it answers from the documents, and loses no answer that it began."""
