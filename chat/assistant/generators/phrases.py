"""The server's own sentences in answers, in the language of the question."""

from typing import Final

_HANGUL = range(0xAC00, 0xD7A4)

_NO_MODEL: Final = {
    "en": "No model is configured, so I can only quote the documents.",
    "ko": "설정된 모델이 없어 문서를 인용하는 것만 할 수 있습니다.",
}
_NOT_COVERED: Final = {
    "en": "The documents do not cover this.",
    "ko": "문서에는 이에 대한 내용이 없습니다.",
}


def no_model(question: str) -> str:
    """The notice that no model is configured."""
    return _NO_MODEL[language_of(question)]


def not_covered(question: str) -> str:
    """The notice that the documents do not cover the question."""
    return _NOT_COVERED[language_of(question)]


def language_of(text: str) -> str:
    """`ko` for a text with Hangul in it, else `en`."""
    return "ko" if any(ord(char) in _HANGUL for char in text) else "en"
