"""What a codec is: bytes to commands, pushes to frames, no I/O."""

from typing import Protocol

from realtime.frames import Frame
from realtime.messages import Command, Push


class Codec(Protocol):
    """A protocol's vocabulary. One instance serves every connection that speaks it."""

    def decode(self, payload: bytes) -> Command:
        """The client's command. Raises `CommandError`, which carries the command's ref."""
        ...

    def encode(self, push: Push) -> Frame:
        """What goes over the wire for `push`."""
        ...
