"""A light English stemmer: removes plurals, -ing, -ed and a final -e.

A stem need not be a word, only the same for all forms of a word. Porter's stemmer goes further and
merges unrelated words (`general` and `generate`), without a gain in measured results.
"""

import re

_VOWEL = re.compile("[aeiouy]")
_SHORTEST = 4
_KEPT_DOUBLE = frozenset("lsz")


def stem(word: str) -> str:
    """The stem of a word of ASCII letters; any other word unchanged."""
    if len(word) < _SHORTEST or not (word.isascii() and word.isalpha()):
        return word
    word = _without_plural(word)
    for ending in ("ing", "ed"):
        left = word.removesuffix(ending)
        if left != word and len(left) >= 3 and _VOWEL.search(left):
            if left[-1] == left[-2] and left[-1] not in _KEPT_DOUBLE:
                left = left[:-1]
            word = left
            break
    if len(word) > 3 and word.endswith("e"):
        word = word[:-1]
    if len(word) > 3 and word.endswith("y") and word[-2] not in "aeiou":
        word = word[:-1] + "i"
    return word


def _without_plural(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
