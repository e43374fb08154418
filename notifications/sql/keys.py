"""Statements of idempotency keys."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson
from django.db import connection

from notifications.sql.run import fetch, instant, run

_KEY = "notifications_idempotencykey"

# Returns rows only of keys that the caller now owns. Waits for another transaction's uncommitted
# claim; in the order of the keys, so that two such statements cannot deadlock.
_CLAIM = f"""
INSERT INTO {_KEY} (principal, key, body_sha256, answer_json, created_at)
SELECT {{principal}}, {{key}}, {{sha256}}, NULL, {{now}} FROM {{given}} WHERE true ORDER BY {{key}}
ON CONFLICT (principal, key) DO UPDATE
    SET body_sha256 = excluded.body_sha256, answer_json = NULL, created_at = excluded.created_at
    WHERE {_KEY}.created_at <= %s
RETURNING key, id
"""  # noqa: S608 - names of our own tables
_PG_CLAIM = _CLAIM.format(
    principal="%s::text",
    now="%s::timestamptz",
    key="given.key",
    sha256="given.sha256",
    given="unnest(%s::text[], %s::text[]) AS given (key, sha256)",
)
_LITE_CLAIM = _CLAIM.format(
    principal="%s",
    now="%s",
    key="json_extract(value, '$[0]')",
    sha256="json_extract(value, '$[1]')",
    given="json_each(%s)",
)

_ANSWER = f"UPDATE {_KEY} SET answer_json = given.answer FROM {{given}} WHERE {_KEY}.id = given.id"  # noqa: S608
_PG_ANSWER = _ANSWER.format(given="unnest(%s::bigint[], %s::text[]) AS given (id, answer)")
_LITE_ANSWER = _ANSWER.format(
    given="(SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS answer"
    " FROM json_each(%s)) AS given"
)

_RELEASE = f"DELETE FROM {_KEY} WHERE id {{condition}}"  # noqa: S608 - names of our own tables
_PG_RELEASE = _RELEASE.format(condition="= ANY(%s::bigint[])")
_LITE_RELEASE = _RELEASE.format(condition="IN (SELECT value FROM json_each(%s))")


def claim_keys(
    hashes: Mapping[str, str], *, principal: str, now: datetime, expired: datetime
) -> dict[str, int]:
    """Claim keys with the hashes of their bodies. Returns `{key: row id}` of those now owned.

    A row from before `expired` is claimed again.
    """
    start = [principal, instant(now)]
    if connection.vendor == "postgresql":
        given = [list(hashes), list(hashes.values())]
        return dict(fetch(_PG_CLAIM, [*start, *given, instant(expired)]))
    listed = orjson.dumps(list(hashes.items())).decode()
    return dict(fetch(_LITE_CLAIM, [*start, listed, instant(expired)]))


def keep_answers(answers: Mapping[int, str]) -> None:
    """Store the responses, `{row id: JSON}`."""
    if connection.vendor == "postgresql":
        fetch(_PG_ANSWER, [list(answers), list(answers.values())])
    else:
        fetch(_LITE_ANSWER, [orjson.dumps(list(answers.items())).decode()])


def release_keys(row_ids: Sequence[int]) -> None:
    """Delete claims whose requests have failed: the keys are free again."""
    run(_PG_RELEASE, _LITE_RELEASE, [], row_ids)
