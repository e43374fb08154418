"""The assistant's part of REST (CONTRACT §8): all but what streams or waits."""
