"""Text that databases and encodings cannot carry: NUL characters and lone surrogates."""

import hashlib


def has_nul(text: str) -> bool:
    """Whether the text has a NUL character, which PostgreSQL cannot store."""
    return "\0" in text


def has_lone_surrogate(text: str) -> bool:
    """Whether the text has half of a surrogate pair, which UTF-8 cannot encode."""
    return any("\ud800" <= char <= "\udfff" for char in text)


def is_storable(text: str) -> bool:
    """Whether a database can store the text."""
    return not has_nul(text) and not has_lone_surrogate(text)


def sha256_hex(text: str) -> str:
    """Return the SHA-256 digest of any text, lone surrogates included, in hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
