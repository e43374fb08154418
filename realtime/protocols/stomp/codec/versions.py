"""Negotiation in CONNECT: the protocol's version and the heart-beats."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from realtime.protocols.stomp.codec.errors import StompError


class Version(StrEnum):
    """Text order is the order of release."""

    V10 = "1.0"
    V11 = "1.1"
    V12 = "1.2"


# The WebSocket subprotocols, best first.
SUBPROTOCOLS: Final[Mapping[str, Version]] = {
    "v12.stomp": Version.V12,
    "v11.stomp": Version.V11,
    "v10.stomp": Version.V10,
}

# The server's offer: an interval that keeps a proxy with a timeout of 60 s from closing, and
# detects a dead client within seconds.
OFFERED_MS: Final = (10_000, 10_000)

# Longer intervals are of no use: they are capped at an hour.
MAX_HEART_BEAT_MS: Final = 3_600_000
_DIGITS = len(str(MAX_HEART_BEAT_MS))


@dataclass(frozen=True, slots=True)
class HeartBeat:
    """The negotiated intervals in milliseconds; 0 means never."""

    server_sends_every_ms: int
    client_sends_every_ms: int


def negotiate_version(accepted: str | None, subprotocol: str | None) -> Version:
    """Return the newest version in the client's `accept-version` (absent: 1.0) that is supported.

    A subprotocol is the best one that the client offered before it sent `accept-version`: no newer
    version is chosen, but an older one if both sides support it.
    """
    bound = SUBPROTOCOLS.get(subprotocol) if subprotocol else None
    if bound is not None and accepted is None:
        spoken = [bound]
    else:
        spoken = [version for version in sorted(Version) if bound is None or version <= bound]
    wanted = {"1.0"} if accepted is None else {part.strip() for part in accepted.split(",")}
    common = [version for version in spoken if version in wanted]
    if not common:
        supported = ",".join(spoken)
        raise StompError(
            "No common version",
            f"Supported protocol versions are {supported}",
            headers=(("version", supported),),
        )
    return common[-1]


def negotiate_heart_beat(
    asked: str | None, version: Version, offered: tuple[int, int] = OFFERED_MS
) -> HeartBeat:
    """STOMP 1.1 and 1.2, Heart-beating: the slower of what one side offers and the other wants."""
    if asked is None or version is Version.V10:
        return HeartBeat(0, 0)
    parts = asked.split(",")
    if len(parts) != 2:
        raise StompError("`heart-beat` is not two numbers with a comma between them")
    can_send, wants = _milliseconds(parts[0]), _milliseconds(parts[1])
    return HeartBeat(_slower(offered[0], wants), _slower(offered[1], can_send))


def _slower(one: int, other: int) -> int:
    return max(one, other) if one and other else 0


def _milliseconds(text: str) -> int:
    digits = text.strip()
    # isdecimal() also accepts digits of other scripts, and int() refuses more than 4,300 digits.
    if not (digits.isascii() and digits.isdecimal()):
        raise StompError("`heart-beat` is not two numbers of milliseconds, 0 or more")
    digits = digits.lstrip("0") or "0"
    return MAX_HEART_BEAT_MS if len(digits) > _DIGITS else min(int(digits), MAX_HEART_BEAT_MS)
