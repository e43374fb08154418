"""Documents that drift fail the build: what the code can say stands in docs/."""

import re
from pathlib import Path

import orjson
import pytest

from realtime.protocol.errors import DAPHNE_CODES, Close, ErrorCode
from realtime.protocol.messages import Topic
from realtime.protocol.presentation import Presentation, rendered
from realtime.protocols.json import codec as json_codec
from realtime.registries import commands, stream_views
from tests.support.snake_keys import snake_keys
from tools.catalogue import events

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


@pytest.mark.parametrize("code", ErrorCode)
def test_every_error_code_is_explained(code: ErrorCode) -> None:
    assert f"| `{code}` |" in PROTOCOL


@pytest.mark.parametrize("close", Close)
def test_every_close_is_explained_with_its_reason(close: Close) -> None:
    row = re.compile(rf"^\| {close.code}\b.*`{re.escape(close.reason)}`", re.MULTILINE)
    assert row.search(PROTOCOL), f"{close.code} {close.reason}"


@pytest.mark.parametrize("code", sorted(DAPHNE_CODES))
def test_every_close_code_stands_beside_its_twin_on_daphne(code: int) -> None:
    assert f"| {code} ({DAPHNE_CODES[code]}) |" in PROTOCOL


@pytest.mark.parametrize("command", sorted({*json_codec._READERS, *commands.names()}))
def test_every_command_is_explained(command: str) -> None:
    assert f"| `{command}` |" in PROTOCOL


@pytest.mark.parametrize(
    "frame", ["connected", "subscribed", "unsubscribed", "pong", "ok", "error", "unread_count"]
)
def test_every_frame_of_the_server_is_explained(frame: str) -> None:
    assert f"| `{frame}` |" in PROTOCOL


def test_every_event_that_is_published_is_explained() -> None:
    assert {"notification", "notification.deleted", "message"} <= set(events())
    assert [event for event in events() if f"| `{event}` |" not in PROTOCOL] == []


def test_every_destination_is_explained() -> None:
    patterns = [pattern for pattern, _ in (*stream_views._view_factories, *stream_views._senders)]
    named = [
        pattern.pattern.replace(stream_views._ID, "{id}").replace("\\", "") for pattern in patterns
    ]
    assert len(named) >= 10
    missing = [name for name in named if f"`{name}`" not in PROTOCOL]
    assert [name for name in missing if name != "/user/{id}/queue/notifications"] == []


def test_every_option_and_method_of_the_client_is_explained() -> None:
    client = (ROOT / "frontend" / "src" / "realtime" / "client.ts").read_text()
    times = (ROOT / "frontend" / "src" / "realtime" / "times.ts").read_text()
    page = (ROOT / "docs" / "client.md").read_text()
    options = client[client.index("interface ClientOptions") : client.index("interface TopicLis")]
    names = re.findall(r"^  readonly (\w+)", options, re.MULTILINE)
    names += re.findall(r"^  readonly (\w+)", times, re.MULTILINE)
    methods = re.findall(r"^  (?:get )?([a-z]\w+)\(", client, re.MULTILINE)
    assert len(names) >= 15
    assert {"start", "say", "state"} <= set(methods)
    assert [name for name in names if f"| `{name}` |" not in page] == []
    reported = [name for name in methods if name != "constructor"]
    assert [name for name in reported if f"`{name}(" not in page and f"`{name}`" not in page] == []


# Rows of the tables of events, `| `type` | `field`, `other_field`: … |`, by the topics' kind.
_EVENT = re.compile(r"^\| `([a-z_.]+)` \| (.*?) \|$", re.MULTILINE)
_FIELD = re.compile(r"`([a-z]+(?:_[a-z]+)+)`")


@pytest.mark.parametrize(
    ("kind", "heading"),
    [("users", "### Events of your own topic"), ("rooms", "### Events of a room")],
)
def test_every_documented_field_of_an_event_has_a_name_in_camel_case(
    kind: str, heading: str
) -> None:
    section = PROTOCOL[PROTOCOL.index(heading) :].removeprefix("###").split("\n### ")[0]
    rows = {
        event: _FIELD.findall(text)
        for event, text in _EVENT.findall(section)
        # That of signing in keeps its names.
        if event in events() and event != "profile"
    }
    assert len(rows) > 5
    for event, fields in rows.items():
        data = orjson.dumps(dict.fromkeys(fields, 1))
        shown = rendered(Topic(f"{kind}/7"), event, data, Presentation(case="camel"))
        assert snake_keys(orjson.loads(shown)) == [], event
