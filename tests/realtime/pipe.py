"""A TCP connection without a network, for the server's own protocol classes."""

import asyncio

from tests.realtime.actors import Watched


class Pipe(asyncio.Transport):
    """A TCP connection that takes everything at once."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.is_paused = False
        self.news = Watched()
        self._closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data
        self.news.changed()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False
        self.news.changed()

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self._closing = True
        self.news.changed()

    def abort(self) -> None:
        self.close()
