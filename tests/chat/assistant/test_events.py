"""An answer's events: wherever a listener was, it is state the rest, and nothing twice."""

from itertools import pairwise

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.assistant import events
from chat.assistant.events import AnswerEvent, AnswerState, Cursor, End, GapError
from realtime.protocol.messages import Publication, Topic

pytestmark = pytest.mark.once

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def end_of(text: str, code: str = "") -> End:
    status = "failed" if code else "complete"
    return End("7", "9", len(text), [{"document_id": "1"}], status, code, "Why" if code else "")


def live(text: str, cuts: list[int], code: str) -> list[AnswerEvent]:
    """The events of an answer as it was written, in batches that end at `cuts`."""
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    batches = [events.token("9", at, text[at:to]) for at, to in pairwise(places)]
    return [events.start("7", "9"), *batches, *events.end_events(end_of(text, code))]


def from_log(event: AnswerEvent) -> AnswerEvent | None:
    """The event after a visit to the log."""
    data = orjson.dumps(event.log_data())
    return events.from_publication(
        Publication(Topic("conversations/7"), "e", 1, event.type, data, 0.0)
    )


def joined(found: list[AnswerEvent]) -> str:
    return "".join(event.fields["content"] for event in found if event.type == "token")


def types(found: list[AnswerEvent]) -> list[str]:
    return [event.type for event in found if event.type != "token"]


@given(
    text=texts,
    cuts=st.lists(st.integers(0, 50), max_size=6),
    code=st.sampled_from(["", "MODEL_ERROR"]),
    data=st.data(),
)
def test_who_resumes_at_any_event_from_what_is_stored_at_any_moment_hears_everything_once(
    text: str, cuts: list[int], code: str, data: st.DataObject
) -> None:
    whole = live(text, cuts, code)
    received = whole[: data.draw(st.integers(0, len(whole)))]
    seen = received[-1].id if received else events.NOTHING_SEEN
    # The answer is read at some moment: not before what the listener has seen, maybe in mid-event
    # of another batching; the feed may still hold what the reading has as well.
    ended = data.draw(st.booleans()) or seen > len(text)
    stored = data.draw(st.integers(min(max(seen, 0), len(text)), len(text)))
    state = AnswerState(
        "7", "9", text if ended else text[:stored], end_of(text, code) if ended else None
    )
    cursor = Cursor("9", seen)
    feed = whole[data.draw(st.integers(0, len(whole))) :]
    known = len(state.content) + (3 if ended else 0)
    feed = feed if feed and feed[0].after <= known else [p for p in whole if p.after >= 0]
    new = []
    for event in [*events.events_after(state, seen), *feed]:
        there = from_log(event)
        assert there is not None
        taken = cursor.advance(there)
        new += [taken] if taken else []
    if not ended and feed[-1].type != "done":
        return
    everything = [*received, *new]
    assert joined(everything) == text
    assert types(everything) == ["start", "sources", *(["error"] if code else []), "done"]
    ids = [event.id for event in everything]
    assert ids == sorted(set(ids))


def test_an_event_is_the_same_after_a_visit_to_the_log() -> None:
    for code in ("", "INTERRUPTED"):
        for event in live("Hello", [2], code):
            there = from_log(event)
            assert there is not None
            assert (there.id, there.type, there.fields) == (event.id, event.type, event.fields)


def test_other_answers_and_other_events_are_passed_over() -> None:
    assert Cursor("9", 0).advance(events.token("8", 0, "x")) is None
    renamed = Publication(Topic("conversations/7"), "e", 1, "conversation.renamed", b"{}", 0.0)
    assert events.from_publication(renamed) is None


def test_what_is_missing_is_noticed() -> None:
    with pytest.raises(GapError):
        Cursor("9", 2).advance(events.token("9", 3, "x"))
    with pytest.raises(GapError):
        Cursor("9", 2).advance(events.end_events(end_of("abc"))[0])


def test_a_line_of_the_stream_is_as_the_contract_has_it() -> None:
    assert events.start("7", "9").sse_frame() == (
        b'id: 0\ndata: {"type":"start","conversation_id":"7","message_id":"9"}\n\n'
    )
    assert events.token("9", 2, "a\nb").sse_frame() == (
        b'id: 5\ndata: {"type":"token","content":"a\\nb"}\n\n'
    )


@pytest.mark.parametrize("text", ["-1", "1.5", "x", "１", "9" * 11, "1 "])
def test_an_id_that_no_event_has_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected the id"):
        events.parse_id(text)
