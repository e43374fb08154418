"""Events in the envelope of the JSON protocol, for stream views that show everything."""

from realtime.protocol.errors import ErrorCode, RealtimeError
from realtime.protocol.messages import Publication, State
from realtime.protocol.presentation import Presentation
from realtime.protocol.principal import Principal
from realtime.protocols.json.codec import codec_of
from realtime.registries import topics
from realtime.registries.stream_views import MAX_TOPICS, StreamView


def envelope(publication: Publication, presentation: Presentation) -> bytes:
    """Encode in the shape of docs/contract.md §4: type, topic, epoch, offset, data."""
    return codec_of(presentation).encode(publication).payload


def state_envelope(state: State, presentation: Presentation) -> bytes:
    """The same for an unlogged state."""
    return codec_of(presentation).encode(state).payload


def any_topics(principal: Principal, text: str) -> StreamView:
    """Return a view of every event of the named topics (`users/42,rooms/7`), in its envelope.

    It does not check permissions: `open_stream_view` does.
    """
    names = list(dict.fromkeys(text.split(",")))
    if len(names) > MAX_TOPICS:
        raise RealtimeError(ErrorCode.BAD_FRAME, f"More than {MAX_TOPICS} topics at once")
    found = tuple(topics.named(name) for name in names)
    return StreamView(found, envelope, states=True)
