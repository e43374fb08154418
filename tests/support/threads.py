"""Several things at the same moment, each in a thread of its own."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections

Run = Callable[[Sequence[Callable[[], Any]]], list[Any]]


def at_once(pieces: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do pieces of work that start together; the results in their order, exceptions among them."""
    # The pool holds 20 connections. One kept by this thread, which only waits, would leave the
    # twentieth piece without a connection until another piece is through.
    connections.close_all()
    start = threading.Barrier(len(pieces))
    results: list[Any] = [None] * len(pieces)

    def one(place: int) -> None:
        start.wait()
        try:
            results[place] = pieces[place]()
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=[place]) for place in range(len(pieces))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def failures(results: Sequence[Any]) -> list[Exception]:
    """The exceptions among them."""
    return [result for result in results if isinstance(result, Exception)]
