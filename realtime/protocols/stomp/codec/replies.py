"""The server's reply frames; MESSAGE has its own module."""

from collections.abc import Mapping

from realtime.protocols.stomp.codec.errors import StompError
from realtime.protocols.stomp.codec.frames import StompFrame, encode
from realtime.protocols.stomp.codec.versions import OFFERED_MS, Version

SERVER = "bellwire"
PLAIN = "text/plain;charset=utf-8"


def connected(
    version: Version,
    session: str,
    user_name: str | None,
    offered: tuple[int, int] = OFFERED_MS,
) -> bytes:
    """Encode CONNECTED.

    Its `heart-beat` is the server's offer; each side uses the slower interval of the two.
    """
    headers = [("version", version.value), ("session", session), ("server", SERVER)]
    if version is not Version.V10:
        headers.append(("heart-beat", f"{offered[0]},{offered[1]}"))
    if user_name is not None:
        headers.append(("user-name", user_name))
    return encode(StompFrame("CONNECTED", tuple(headers)), version)


def receipt(version: Version, receipt_id: str, extra: Mapping[str, str] | None = None) -> bytes:
    """Encode RECEIPT, with `extra` headers such as `recovered`."""
    headers = (("receipt-id", receipt_id), *(extra or {}).items())
    return encode(StompFrame("RECEIPT", headers), version)


def error(version: Version, fault: StompError) -> bytes:
    """Encode ERROR, after which the server closes the connection."""
    headers = [("message", fault.message)]
    if fault.receipt is not None:
        headers.append(("receipt-id", fault.receipt))
    headers += [*fault.headers, ("content-type", PLAIN)]
    body = (fault.detail or fault.message).encode("utf-8", "replace")
    return encode(StompFrame("ERROR", tuple(headers), body), version)
