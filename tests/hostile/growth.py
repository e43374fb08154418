"""Whether a function's time grows faster than its input.

Nothing is compared with a clock on the wall. A function is given input of growing size until one
call takes long enough to be measured; then its CPU time is compared with that for a sixteenth of
the input. Linear time is 16 times as long and quadratic time 256 times: the line is drawn in the
middle, so a slow or busy machine changes neither side.
"""

import time
from collections.abc import Callable
from typing import Any, Final

# Small steps at first: an exponential function is found out before a call takes forever.
_SIZES: Final = (16, 20, 24, 28, 32, 128, 1_024, 8_192)
# Of one call, in CPU seconds. What takes less for 8,192 characters is no danger, and is not judged:
# a pattern in quadratic time takes about a tenth of a second.
_FLOOR_S: Final = 0.02
_SHRUNK: Final = 16
_MOST_GROWTH: Final = 64.0
_RUNS: Final = 5


def superlinear(
    call: Callable[[Any], object], make: Callable[[int], Any], most: int = _SIZES[-1]
) -> str:
    """Says how `call(make(size))` grows where that is faster than its input; "" if it is not.

    `most` is the longest input, where the program lets none through that is longer.
    """
    for size in (*(each for each in _SIZES if each < most), most):
        after = _cpu_seconds(call, make(size))
        if after < _FLOOR_S:
            continue
        small, large = max(1, size // _SHRUNK), size
        # The fastest of several runs is the one that was disturbed least.
        before = min(_cpu_seconds(call, make(small)) for _ in range(_RUNS))
        # One run that is fast enough is the answer: the fastest of all is no slower.
        for _ in range(_RUNS if size > 128 else 1):
            if not _grows(before, after):
                break
            after = min(after, _cpu_seconds(call, make(large)))
        if _grows(before, after):
            return f"{small} characters {before:.6f} s, {large} characters {after:.6f} s"
    return ""


def _grows(before: float, after: float) -> bool:
    return after >= _FLOOR_S and after > before * _MOST_GROWTH


def _cpu_seconds(call: Callable[[Any], object], value: Any) -> float:
    began = time.thread_time()
    call(value)
    return time.thread_time() - began
