"""Writing parts of answers: one transaction for all answers that a process is writing.

Every part is written only while the answer is still this worker's, in the transaction that writes
it: a worker that was frozen, taken for dead and wakes again writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from django.db import connection
from django.utils import timezone

from chat.assistant import events, limits
from chat.assistant.answerers.base import Usage
from chat.assistant.answers import ending
from chat.assistant.models import Status, Turn, topic_of
from chat.assistant.payload import Payload
from realtime.publishing import publish, unit_of_work


@dataclass(frozen=True, slots=True)
class Final:
    """How an answer ends, and what it has cost."""

    status: Status
    code: str = ""
    fault: str = ""
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What is to be written of one answer: text behind its first `after` characters, and the end.

    `sources`, with `model`, are given at the beginning and whenever the text names a further one.
    """

    answer_id: int
    after: int
    text: str
    sources: Sequence[Payload] | None = None
    model: str = ""
    final: Final | None = None


_PG_TEXTS = """
UPDATE chat_turn AS turn SET content = turn.content || part.text, chars = part.chars
FROM unnest(%s::bigint[], %s::text[], %s::int[]) AS part (id, text, chars)
WHERE turn.id = part.id
"""
_LITE_TEXTS = """
UPDATE chat_turn SET content = content || json_extract(part.value, '$[1]'),
chars = json_extract(part.value, '$[2]')
FROM json_each(%s) AS part WHERE chat_turn.id = json_extract(part.value, '$[0]')
"""


def write(worker: str, parts: Sequence[Part]) -> set[int]:
    """Write the parts, and publish them; returns the answers that are this worker's no more.

    Safe to be called again with the same parts when it is not known whether they were written.
    """
    with unit_of_work():
        rows = Turn.objects.filter(
            pk__in=[part.answer_id for part in parts],
            worker=worker,
            status=str(Status.STREAMING),
        )
        # Locked by id: the database may take an UPDATE's rows in any order.
        found = rows.order_by("pk").select_for_update(no_key=True)
        held = {pk: (into, chars) for pk, into, chars in found.values_list(*_HELD)}
        due = [part for part in parts if part.answer_id in held]
        texts = [part for part in due if part.text and held[part.answer_id][1] == part.after]
        if texts:
            _append(texts)
        for part in texts:
            _tell_text(held[part.answer_id][0], part)
        for part in due:
            if part.sources is not None:
                _keep_sources(part)
        for part in due:
            if part.final is not None:
                _end(held[part.answer_id][0], part, part.final)
    ended = {part.answer_id for part in due if part.final is not None}
    return {part.answer_id for part in parts} - held.keys() | ended


_HELD = ("pk", "conversation_id", "chars")


def _append(parts: Sequence[Part]) -> None:
    ids = [part.answer_id for part in parts]
    texts = [part.text for part in parts]
    lengths = [part.after + len(part.text) for part in parts]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_PG_TEXTS, [ids, texts, lengths])
        else:
            rows = list(zip(ids, texts, lengths, strict=True))
            cursor.execute(_LITE_TEXTS, [orjson.dumps(rows).decode()])


def _tell_text(conversation_id: int, part: Part) -> None:
    for start in range(0, len(part.text), limits.BATCH_CHARS):
        text = part.text[start : start + limits.BATCH_CHARS]
        piece = events.token(str(part.answer_id), part.after + start, text)
        publish(topic_of(conversation_id), piece.type, piece.logged())


def _keep_sources(part: Part) -> None:
    text = orjson.dumps(part.sources).decode()
    Turn.objects.filter(pk=part.answer_id).update(
        sources_json=text, model=part.model[: limits.MODEL_CHARS]
    )


def _end(conversation_id: int, part: Part, final: Final) -> None:
    usage = final.usage or Usage(None, None)
    rows = Turn.objects.filter(pk=part.answer_id)
    rows.update(
        status=str(final.status),
        code=final.code,
        fault=final.fault[: limits.FAULT_CHARS],
        worker="",
        ended_at=timezone.now(),
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
    )
    sources, chars = rows.values_list("sources_json", "chars").get()
    ended = events.End(
        str(conversation_id),
        str(part.answer_id),
        chars,
        orjson.loads(sources),
        str(final.status),
        final.code,
        final.fault[: limits.FAULT_CHARS],
    )
    ending.tell(topic_of(conversation_id), ended)
