"""The hand-over from replay to live: a pure function, no hole and no twin.

A subscription joins the live feed first and keeps what arrives, then reads the log. Whatever was
committed before the read is in the replay; whatever was committed after it arrives live, since
the subscription had joined by then. Both may hold the same event: the offset says so.
"""

from collections.abc import Iterable, Iterator

from realtime.protocol.messages import Publication


class HoleError(Exception):
    """What was kept does not follow on what was replayed: read the log again."""


def after(offset: int, live: Iterable[Publication]) -> Iterator[Publication]:
    """What of `live` follows a replay that ended at `offset`. Raises `HoleError`."""
    for publication in live:
        if publication.offset <= offset:
            continue
        if publication.offset != offset + 1:
            raise HoleError(f"expected offset {offset + 1}, got {publication.offset}")
        offset = publication.offset
        yield publication
