"""From a commit to the hubs: this process's own directly, the others by hints."""

from collections.abc import Callable, Sequence
from typing import Protocol

from realtime.hint_sender import send_now
from realtime.messages import Publication, Shout, State
from realtime.principal import Eviction


class Post(Protocol):
    """Where a process with a hub takes in what was committed, from any thread."""

    def post(self, publications: Sequence[Publication], evictions: Sequence[Eviction]) -> None: ...


_posts: list[Post] = []


def deliver_to(post: Post | None) -> None:
    """From now on, hand commits to `post`; None when the process has no hub (any more)."""
    _posts[:] = [] if post is None else [post]


def deliver(publications: Sequence[Publication], evictions: Sequence[Eviction]) -> None:
    """Called once the transaction has committed."""
    if not publications and not evictions:
        return
    for post in _posts:
        post.post(publications, evictions)
    if not _posts:
        send_now(publications, evictions)


# Takes unlogged facts, from any thread.
Teller = Callable[[Sequence[State]], None]
_tellers: list[Teller] = []


def tell_through(teller: Teller | None) -> None:
    """From now on, hand unlogged facts to `teller`; None when there is none (any more)."""
    _tellers[:] = [] if teller is None else [teller]


def tell(states: Sequence[State]) -> None:
    """Tell subscribers everywhere something that is not logged, and may be lost.

    A process without a hub has nobody who would say such a thing.
    """
    for teller in _tellers:
        teller(states)


# Takes what is told on several topics at once, from any thread.
Shouter = Callable[[Sequence[Shout]], None]
_shouters: list[Shouter] = []


def shout_through(shouter: Shouter | None) -> None:
    """From now on, hand what is told on several topics to `shouter`; None: to nobody here."""
    _shouters[:] = [] if shouter is None else [shouter]


def shout(shouts: Sequence[Shout]) -> None:
    """Tell subscribers everywhere, once the transaction has committed."""
    if not shouts:
        return
    for shouter in _shouters:
        shouter(shouts)
    if not _posts:
        send_now((), (), shouts)
