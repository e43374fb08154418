"""Denies the child process what parsing does not need: the network and other programs.

Best effort, in addition to the resource limits: Linux only, by two independent means, either of
which the kernel may refuse. Never raises.
"""

import ctypes
import struct
import sys
from platform import machine
from typing import Final

_CLONE_NEWNET: Final = 0x40000000
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2
_ALLOW: Final = 0x7FFF0000
_REFUSE_EPERM: Final = 0x00050001
# Opcodes of a BPF program: load a word, jump if equal, jump if greater or equal, return.
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4
# System calls of the x32 ABI have these numbers and above.
_X32: Final = 0x40000000

# By machine: its audit architecture, and the system call numbers of socket, socketpair, clone,
# (fork, vfork,) execve, ptrace, execveat, io_uring_setup, clone3.
_CALLS: Final = {
    "x86_64": (0xC000003E, (41, 53, 56, 57, 58, 59, 101, 322, 425, 435)),
    "aarch64": (0xC00000B7, (198, 199, 220, 221, 117, 281, 425, 435)),
}


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def isolate() -> None:
    """Prevent this process from opening sockets and starting programs, as far as possible.

    A network namespace without any device needs privileges that most deployments do not have; a
    filter of system calls (seccomp) needs none.
    """
    if sys.platform != "linux" or machine() not in _CALLS:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.unshare(_CLONE_NEWNET)
    text = _filter(*_CALLS[machine()])
    program = _Program(len(text) // 8, text)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)


def _filter(architecture: int, calls: tuple[int, ...]) -> bytes:
    """A filter that refuses `calls`, and every call of another architecture, with EPERM."""
    tests = [(_AT_LEAST, _X32), *((_EQUAL, call) for call in calls)]
    return b"".join(
        (
            _instruction(_LOAD, _ARCHITECTURE_AT),
            _instruction(_EQUAL, architecture, then=1),
            _instruction(_RETURN, _REFUSE_EPERM),
            _instruction(_LOAD, _NUMBER_AT),
            # Jump over the remaining tests and the `allow` after them.
            *(
                _instruction(kind, number, then=len(tests) - place)
                for place, (kind, number) in enumerate(tests)
            ),
            _instruction(_RETURN, _ALLOW),
            _instruction(_RETURN, _REFUSE_EPERM),
        )
    )


def _instruction(code: int, value: int, then: int = 0) -> bytes:
    return struct.pack("HBBI", code, then, 0, value)
