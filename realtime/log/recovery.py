"""The handover from replay to live events, as a pure function: no gaps and no duplicates.

A subscription first joins the live feed and buffers what arrives, then reads the log. Everything
committed before the read is in the replay; everything committed after it arrives live, since the
subscription had already joined. An event may be in both; its offset identifies it.
"""

from collections.abc import Iterable, Iterator

from realtime.protocol.messages import Publication


class HoleError(Exception):
    """The buffered events do not follow the replayed ones: read the log again."""


def after(offset: int, live: Iterable[Publication]) -> Iterator[Publication]:
    """Yield the events of `live` that follow a replay up to `offset`. Raises `HoleError`."""
    for publication in live:
        if publication.offset <= offset:
            continue
        if publication.offset != offset + 1:
            raise HoleError(f"expected offset {offset + 1}, got {publication.offset}")
        offset = publication.offset
        yield publication
