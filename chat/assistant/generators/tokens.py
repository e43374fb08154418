"""How many tokens a text may take: an estimate of our own, as every model counts differently.

A third of its UTF-8 bytes, rounded up. English has about four bytes a token, so that the estimate
is a third too high; Korean has three bytes a syllable, and current models take about one token for
one. It errs to the safe side for both; what a model really counted is recorded beside the answer.
"""

from typing import Final

_BYTES_PER_TOKEN: Final = 3
# What a provider adds for each message: its role, and where it begins and ends.
PER_MESSAGE: Final = 4


def estimate(text: str) -> int:
    """The tokens of a text."""
    return -(-len(text.encode()) // _BYTES_PER_TOKEN)


def cut(text: str, tokens: int) -> str:
    """As much of the beginning as so many tokens hold."""
    return text.encode()[: max(tokens, 0) * _BYTES_PER_TOKEN].decode(errors="ignore")
