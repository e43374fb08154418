"""The settings of rooms and of the assistant."""

from dataclasses import dataclass

from django.conf import settings
from django.core.signals import setting_changed

from env_settings import declare, setting


@dataclass(frozen=True)
class Rooms:
    """Rooms and their focus timers."""

    min_phase_s: int = setting(
        60,
        "s",
        "the shortest phase of a focus timer: each end of a phase is an event for everybody in the "
        "room, and phases of one second in hundreds of rooms would be a flood. Shorter ones that "
        "were stored before last as long",
        development=1,
        least=1,
    )


@dataclass(frozen=True)
class Assistant:
    """The model that answers, and limits of questions and answers."""

    llm_base_url: str = setting(
        "",
        "",
        "any server that speaks OpenAI's chat completions, as `http://host:8000/v1`; without it "
        "OpenAI's own",
        env="LLM_BASE_URL",
    )
    llm_api_key: str = setting(
        "", "", "its key; a server of your own may need none", env="LLM_API_KEY", is_secret=True
    )
    llm_model: str = setting(
        "",
        "",
        "the model's name. Without any of the three the documents are quoted, and the answers say "
        "so",
        env="LLM_MODEL",
    )
    llm_first_token_s: float = setting(
        60.0,
        "s",
        "from the question to the first token, each try; while a model reasons, the longest pause. "
        "Comments that a proxy sends do not count",
        env="LLM_FIRST_TOKEN_S",
        least=0.01,
    )
    llm_stall_s: float = setting(
        30.0, "s", "the longest pause between two tokens", env="LLM_STALL_S", least=0.01
    )
    llm_answer_s: float = setting(300.0, "s", "for a whole answer", env="LLM_ANSWER_S", least=0.01)
    llm_retries: int = setting(
        2,
        "tries",
        "further tries, before the first token only; what a user has begun to read never changes",
        env="LLM_RETRIES",
        most=100,
    )
    llm_context_tokens: int = setting(
        8_000,
        "tokens",
        "what a model is sent at the most: passages may take half of it, the newest of the "
        "conversation what is left. By our own estimate, a third of the text's UTF-8 bytes",
        env="LLM_CONTEXT_TOKENS",
        least=1,
    )
    llm_event_bytes: int = setting(
        1 << 20,
        "bytes",
        "one line or one chunk of what the model's server sends; no chunk is near it",
        env="LLM_EVENT_BYTES",
        least=1,
    )
    llm_stream_bytes: int = setting(
        64 << 20,
        "bytes",
        "a whole answer as it is sent, reasoning included: 64,000 tokens in chunks of a kilobyte",
        env="LLM_STREAM_BYTES",
        least=1,
    )
    question_chars: int = setting(
        4_000, "characters", "the longest question; `TOO_LONG` beyond", least=1
    )
    answers_per_user: int = setting(
        3, "answers", "being written at once for one user; `BUSY` beyond", least=1
    )
    answers_finish_s: float = setting(
        20.0,
        "s",
        "from SIGTERM until answers that have not ended are interrupted; orchestrators kill after "
        "30 s",
    )
    document_readers: int = setting(
        2,
        "processes",
        "child processes of one process that read documents at once, each within 512 MiB; 503 with "
        "`Retry-After` beyond",
        least=1,
    )
    embedded_chars_per_s: float = setting(
        300.0, "characters/s", "how fast the embedded generator (no model) writes", least=0.01
    )

    def check(self) -> None:
        """Raise `ValueError` if the model and its server are not named together."""
        server = self.llm_base_url or self.llm_api_key
        if server and not self.llm_model:
            raise ValueError("LLM_MODEL is not set: name the model that is to answer.")
        if self.llm_model and not server:
            raise ValueError("LLM_MODEL is set, LLM_BASE_URL and LLM_API_KEY are not.")


@dataclass(frozen=True)
class ChatSettings(Assistant, Rooms):
    """All settings of chat."""


conf = declare(ChatSettings, settings, setting_changed)
