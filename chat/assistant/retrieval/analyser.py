"""Splits text into search terms: one analyser for every language and both databases.

Text in scripts with spaces becomes words, lower-case and without English endings. Hangul and
scripts without spaces become bigrams of letters, so that stems are found without a dictionary
whatever their endings (decision 0006).
"""

import re
import sys
import unicodedata
from collections.abc import Iterator

from chat.assistant.documents.models import TERM_CHARS
from chat.assistant.retrieval import stop_words
from chat.assistant.retrieval.stemming import stem

# Increase it whenever texts yield other terms than before; then run `manage.py reindex_documents`.
VERSION = 2


def _ranges(points: list[int]) -> str:
    """The ranges of a character class with exactly these code points."""
    found: list[list[int]] = []
    for point in points:
        if found and point == found[-1][1] + 1:
            found[-1][1] = point
        else:
            found.append([point, point])
    return "".join(f"{re.escape(chr(low))}-{re.escape(chr(high))}" for low, high in found)


# Accents and vowel signs: not in `\w`, but part of nearly every word of Hindi.
_MARKS = _ranges([n for n in range(0x10000) if unicodedata.category(chr(n)).startswith("M")])
# Hangul, kana, Han, Thai, Lao, Myanmar, Khmer; beyond the first plane only Han.
_HANGUL = "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3"
_UNSPACED = (
    _HANGUL
    + "\u3005\u3041-\u3096\u30a1-\u30fa\u30fc\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\u0e01-\u0e4e\u0e80-\u0ecd\u1000-\u109d\u1780-\u17d3\U00020000-\U0003ffff"
)
_RUN = re.compile(
    f"([{_HANGUL}]+)|([{_UNSPACED}]+)|([^\\W_{_UNSPACED}](?:[^\\W_{_UNSPACED}]|[{_MARKS}])*)"
)
# `employee's`, `don't`: what is left of the apostrophe is the word.
_APOSTROPHE = re.compile(r"(?<=\w)['’](?:s|t|re|ve|ll|d|m)\b", re.IGNORECASE)
# Invisible characters that allow or forbid line breaks; nobody types them in a query.
_INVISIBLE = re.compile("[\xad\u200b\u2060\ufeff]")
# `maxFrameBytes` is a word, and so are its parts.
_IS_CAMEL = re.compile("[a-z][A-Z]")
_HUMPS = re.compile("[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# `un**believ**able`: Markdown inside a word, which readers see as one word.
_MARKED = re.compile(r"(?<![^\W_])[^\W_]++(?:(?:\*{1,3}+|~~|`)[^\W_]++)++")
_MARKS_OF_TEXT = re.compile("[*~`]")
# `1,000` is one number.
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


# Normalization sorts consecutive combining marks in quadratic time: 40,000 of them take 5 s. No
# language uses more than thirty on a letter (Unicode's Stream-Safe Text Format), so further ones
# are removed. All marks that are sorted are in the first two planes.
_SORTED_MARKS = _ranges([n for n in range(0x20000) if unicodedata.combining(chr(n))])
_MARKS_IN_A_ROW = re.compile(f"([{_SORTED_MARKS}]{{30}})[{_SORTED_MARKS}]++")


def words(text: str) -> list[str]:
    """The terms of a passage, in order. They contain only letters, digits and marks."""
    found = [word for run in _runs(text) for word in _words_of(*run)]
    for marked in _MARKED.finditer(text):
        found += words(_MARKS_OF_TEXT.sub("", marked[0]))
    return found


def query_terms(question: str) -> list[str]:
    """The terms of a question, each once, without stop words.

    A question of a single word is searched for even if it is a stop word.
    """
    found: dict[str, None] = {}
    runs = list(_runs(question))
    for hangul, unspaced, word in runs:
        bare = stop_words.without_ending(hangul)
        if (
            word.lower() in stop_words.ENGLISH
            or bare in stop_words.KOREAN
            or not (word or unspaced or bare)
        ):
            continue
        found.update(dict.fromkeys(_words_of(bare, unspaced, word)))
        # If one syllable is left (책 of 책입니다), the index has it only in a bigram with the next.
        if len(bare) == 1 < len(hangul):
            found.update(dict.fromkeys(_words_of(hangul, "", "")))
    if not found and len(runs) == 1:
        return list(dict.fromkeys(_words_of(*runs[0])))
    return list(found)


def _runs(text: str) -> Iterator[tuple[str, str, str]]:
    text = unicodedata.normalize("NFKC", _MARKS_IN_A_ROW.sub(r"\1", text))
    text = _THOUSANDS.sub("", _APOSTROPHE.sub("", _INVISIBLE.sub("", text)))
    for match in _RUN.finditer(text):
        yield match.group(1) or "", match.group(2) or "", match.group(3) or ""


def _words_of(hangul: str, unspaced: str, word: str) -> Iterator[str]:
    if word:
        yield from _forms_of(word)
        return
    run = hangul or unspaced
    if len(run) == 1:
        yield run
    for start in range(len(run) - 1):
        yield run[start : start + 2]


def _forms_of(word: str) -> Iterator[str]:
    yield sys.intern(stem(word.lower())[:TERM_CHARS])
    if word.isascii() and _IS_CAMEL.search(word):
        for part in _HUMPS.findall(word):
            if len(part) > 1:
                yield sys.intern(stem(part.lower())[:TERM_CHARS])
