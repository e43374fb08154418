"""Bare TCP clients that send what they like, when they like."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from tests.support.deadlines import PATIENCE_S
from tests.support.servers import HOST

# The kernel would otherwise take megabytes for a client that does not read.
RECEIVE_BUFFER = 4_096


class RawClient:
    """One connection; `source` is the client's own address."""

    def __init__(self, port: int, *, source: str = HOST, deaf: bool = False) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE_S)
        if deaf:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self.socket.bind((source, 0))
        self.socket.connect((HOST, port))

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_while_open(self, data: bytes) -> bool:
        """False once the server has closed."""
        try:
            self.socket.sendall(data)
        except OSError:
            return False
        return True

    def send_until_closed(self, data: bytes) -> None:
        """The same again and again, a little apart, until the server closes."""
        self.socket.settimeout(0.05)
        while self.send_while_open(data):
            try:
                if not self.socket.recv(65_536):
                    return
            except TimeoutError:
                continue
            except ConnectionError:
                return

    def read_to_the_end(self) -> bytes:
        """Everything until the server closes. Raises `TimeoutError` if it never does."""
        parts = []
        try:
            while part := self.socket.recv(65_536):
                parts.append(part)
        except ConnectionError:
            pass
        return b"".join(parts)

    def read_until(self, mark: bytes) -> bytes:
        """Everything until `mark` is among it, or the server closes."""
        data = b""
        while mark not in data and (part := self.socket.recv(65_536)):
            data += part
        return data

    def close(self) -> None:
        self.socket.close()


@contextmanager
def raw_clients(
    port: int, number: int = 1, *, source: str = HOST, deaf: bool = False
) -> Iterator[list[RawClient]]:
    """So many connections, closed at the end."""
    with ExitStack() as ends:
        clients = []
        for _ in range(number):
            clients.append(RawClient(port, source=source, deaf=deaf))
            ends.callback(clients[-1].close)
        yield clients


def post_head(path: str, length: int | None = None) -> bytes:
    """The head of a POST with a JSON body: of `length` bytes, or chunked."""
    body = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    lines = (f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", body)
    return "\r\n".join([*lines, "", ""]).encode()


def get_head(path: str, **headers: str) -> bytes:
    """A whole GET."""
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{''.join(lines)}\r\n".encode()


def parsed(answer: bytes) -> tuple[int, dict[str, str], Any]:
    """Status, headers (lower case) and JSON body of a whole answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(first.split()[1]), headers, json.loads(body)
