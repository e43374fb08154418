"""A proxy between client and server that fails as networks and balancers do, at the test's word.

One connection per request, so that nothing but the word decides what becomes of it.
"""

import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

from tests.support.processes import free_port

HOST = "127.0.0.1"
# No answer of a real server takes longer.
SERVER_S = 60.0
# An orderly end of a closed socket is a reset, not a FIN.
_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Fault:
    """What becomes of one request. Only with `reaches` does the server get it, and commits."""

    reaches: bool
    then: Literal["answer", "close", "reset", "hang"]
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"<html>Bad gateway</html>"


REFUSED = Fault(reaches=False, then="reset")
# The worst: it has happened, and nobody says so.
ANSWER_LOST = Fault(reaches=True, then="close")
ANSWER_RESET = Fault(reaches=True, then="reset")
ANSWER_HELD = Fault(reaches=True, then="hang")
COMMITTED_504 = Fault(reaches=True, then="answer", status=504)


def responds(status: int, body: bytes = b"<html>Bad gateway</html>", **headers: str) -> Fault:
    """The proxy answers in the server's place. `Retry_After="7"` is the header Retry-After."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(reaches=False, then="answer", status=status, headers=named, body=body)


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came, header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def idempotency_key(self) -> str:
        return self.headers["idempotency-key"]


class Proxy:
    """`with Proxy(port, REFUSED, ANSWER_LOST) as proxy`: so fail the first two, the others pass.

    Connections are refused until it `opens`.
    """

    def __init__(self, server_port: int, *faults: Fault) -> None:
        self.seen: list[Seen] = []
        self.over = threading.Event()
        self._server_port = server_port
        self._faults = list(faults)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"owner": self})
        self._http = _bound(handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        return self

    def opens(self) -> Self:
        self._http.server_activate()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        if self._thread.ident is not None:
            self._http.shutdown()
            self._thread.join()
        # Waits for the handlers' threads as well.
        self._http.server_close()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._http.server_address[1]}"

    def fails_next(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def fate_of(self, seen: Seen) -> Fault | None:
        with self._lock:
            self.seen.append(seen)
            return self._faults.pop(0) if self._faults else None

    def passes_on(self, seen: Seen) -> tuple[int, Mapping[str, str], bytes]:
        """Ask the server and wait for its answer: by then it has committed."""
        connection = HTTPConnection(HOST, self._server_port, timeout=SERVER_S)
        try:
            kept = {k: v for k, v in seen.headers.items() if k not in ("connection", "host")}
            connection.request(seen.method, seen.path, seen.body or None, kept)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()


class _Handler(BaseHTTPRequestHandler):
    owner: Proxy

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, self.path, headers, self.rfile.read(length))
        fault = self.owner.fate_of(seen)
        self.close_connection = True
        answer = self.owner.passes_on(seen) if fault is None or fault.reaches else None
        if fault is None:
            assert answer
            self._answer(*answer)
        elif fault.then == "answer":
            self._answer(fault.status, fault.headers, fault.body)
        elif fault.then == "hang":
            self.owner.over.wait()
        elif fault.then == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.connection.close()

    do_GET = do_POST = do_PATCH = do_DELETE = _handle  # noqa: N815 - the library's names

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Connection", "close")
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def _bound(handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    while True:
        server = ThreadingHTTPServer((HOST, free_port()), handler, bind_and_activate=False)
        server.daemon_threads = False
        try:
            server.server_bind()
        except OSError:  # somebody was faster
            server.server_close()
            continue
        return server
