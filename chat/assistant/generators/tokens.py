"""Estimates the number of tokens of a text, as every model counts differently.

The estimate is a third of the UTF-8 bytes, rounded up. English has about four bytes per token, so
the estimate is a third too high; Korean has three bytes per syllable, about one token in current
models. Both err on the safe side. The provider's actual count is stored with the answer.
"""

from typing import Final

_BYTES_PER_TOKEN: Final = 3
# Overhead of each message: its role and delimiters.
PER_MESSAGE: Final = 4


def estimate(text: str) -> int:
    """The estimated tokens of a text."""
    return -(-len(text.encode()) // _BYTES_PER_TOKEN)


def cut(text: str, tokens: int) -> str:
    """The beginning of a text that fits into `tokens`."""
    return text.encode()[: max(tokens, 0) * _BYTES_PER_TOKEN].decode(errors="ignore")
