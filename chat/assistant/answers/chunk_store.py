"""Stores chunks: one transaction for all answers that a process is writing.

The same transaction checks that the worker still owns each answer. A worker that was frozen and
whose answers were interrupted meanwhile writes nothing when it continues.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from django.db import connection
from django.utils import timezone

from chat.assistant import events, limits
from chat.assistant.answers import completions
from chat.assistant.generators.base import Usage
from chat.assistant.models import Status, Turn, topic_of
from chat.assistant.payload import Payload
from realtime import publish, unit_of_work


@dataclass(frozen=True, slots=True)
class Completion:
    """How an answer ends, and the tokens that it used."""

    status: Status
    code: str = ""
    fault: str = ""
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Text of one answer that follows its first `after` characters, and its end.

    `sources` and `model` are set in the first chunk, and whenever the text cites a new source.
    """

    answer_id: int
    after: int
    text: str
    sources: Sequence[Payload] | None = None
    model: str = ""
    completion: Completion | None = None


_POSTGRESQL_APPEND = """
UPDATE chat_turn AS turn SET content = turn.content || chunk.text, chars = chunk.chars
FROM unnest(%s::bigint[], %s::text[], %s::int[]) AS chunk (id, text, chars)
WHERE turn.id = chunk.id
"""
_SQLITE_APPEND = """
UPDATE chat_turn SET content = content || json_extract(chunk.value, '$[1]'),
chars = json_extract(chunk.value, '$[2]')
FROM json_each(%s) AS chunk WHERE chat_turn.id = json_extract(chunk.value, '$[0]')
"""


def store_chunks(worker: str, chunks: Sequence[Chunk]) -> set[int]:
    """Store and publish chunks; return the ids of answers that the worker no longer owns.

    Those have ended, some of them by this call. Idempotent: may be called again with the same
    chunks if it is not known whether the transaction was committed.
    """
    with unit_of_work():
        rows = Turn.objects.filter(
            pk__in=[chunk.answer_id for chunk in chunks],
            worker=worker,
            status=str(Status.STREAMING),
        )
        # Lock in order of ids: an UPDATE may lock its rows in any order.
        found = rows.order_by("pk").select_for_update(no_key=True)
        held = {pk: (into, chars) for pk, into, chars in found.values_list(*_HELD)}
        due = [chunk for chunk in chunks if chunk.answer_id in held]
        texts = [chunk for chunk in due if chunk.text and held[chunk.answer_id][1] == chunk.after]
        if texts:
            _append(texts)
        for chunk in texts:
            _publish_text(held[chunk.answer_id][0], chunk)
        for chunk in due:
            if chunk.sources is not None:
                _store_sources(chunk)
        for chunk in due:
            if chunk.completion is not None:
                _end(held[chunk.answer_id][0], chunk, chunk.completion)
    ended = {chunk.answer_id for chunk in due if chunk.completion is not None}
    return {chunk.answer_id for chunk in chunks} - held.keys() | ended


_HELD = ("pk", "conversation_id", "chars")


def _append(chunks: Sequence[Chunk]) -> None:
    ids = [chunk.answer_id for chunk in chunks]
    texts = [chunk.text for chunk in chunks]
    lengths = [chunk.after + len(chunk.text) for chunk in chunks]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL_APPEND, [ids, texts, lengths])
        else:
            rows = list(zip(ids, texts, lengths, strict=True))
            cursor.execute(_SQLITE_APPEND, [orjson.dumps(rows).decode()])


def _publish_text(conversation_id: int, chunk: Chunk) -> None:
    for start in range(0, len(chunk.text), limits.BATCH_CHARS):
        text = chunk.text[start : start + limits.BATCH_CHARS]
        event = events.token(str(chunk.answer_id), chunk.after + start, text)
        publish(topic_of(conversation_id), event.type, event.log_data())


def _store_sources(chunk: Chunk) -> None:
    text = orjson.dumps(chunk.sources).decode()
    Turn.objects.filter(pk=chunk.answer_id).update(
        sources_json=text, model=chunk.model[: limits.MODEL_CHARS]
    )


def _end(conversation_id: int, chunk: Chunk, completion: Completion) -> None:
    usage = completion.usage or Usage(None, None)
    rows = Turn.objects.filter(pk=chunk.answer_id)
    rows.update(
        status=str(completion.status),
        code=completion.code,
        fault=completion.fault[: limits.FAULT_CHARS],
        worker="",
        ended_at=timezone.now(),
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
    )
    sources, chars = rows.values_list("sources_json", "chars").get()
    ended = events.End(
        str(conversation_id),
        str(chunk.answer_id),
        chars,
        orjson.loads(sources),
        str(completion.status),
        completion.code,
        completion.fault[: limits.FAULT_CHARS],
    )
    completions.publish_end(topic_of(conversation_id), ended)
