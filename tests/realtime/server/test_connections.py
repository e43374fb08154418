"""Which connections are kept when there are too many."""

import resource

import pytest

from realtime.server.connections import Caps, ConnectionTable, connection_cap

pytestmark = pytest.mark.once

PROXY = "192.0.2.254"


class RawClient:
    """A connection that the table may cut."""

    def __init__(self, table: ConnectionTable, host: str = "192.0.2.1") -> None:
        self.table = table
        self.is_cut = False
        self.is_kept = table.add(self, host)

    def cut(self) -> None:
        self.is_cut = True
        self.table.remove(self)


def table(connections: int = 4, per_address: int = 100) -> ConnectionTable:
    return ConnectionTable(Caps(connections, per_address), is_trusted=lambda host: host == PROXY)


def asked(table: ConnectionTable) -> RawClient:
    client = RawClient(table)
    table.mark_requested(client)
    return client


def test_oldest_that_has_asked_for_nothing_makes_room() -> None:
    kept = table(4)
    first, second = RawClient(kept), RawClient(kept)

    third = RawClient(kept)

    # Half of the places are for those that have not asked yet.
    assert [first.is_cut, second.is_cut, third.is_cut] == [True, False, False]
    assert len(kept) == 2


def test_silent_connections_of_one_address_make_room_for_each_other_only() -> None:
    kept = table(12)
    quiet, proxied = RawClient(kept, "192.0.2.7"), RawClient(kept, PROXY)
    flood = [RawClient(kept, "192.0.2.66") for _ in range(50)]

    assert not quiet.is_cut
    assert not proxied.is_cut
    assert [client.is_cut for client in flood] == [True] * 46 + [False] * 4
    kept.mark_requested(quiet)
    assert not quiet.is_cut


def test_silent_connections_never_displace_those_at_work() -> None:
    kept = table(4)
    at_work = [asked(kept) for _ in range(4)]

    late = RawClient(kept)

    assert not late.is_kept
    assert not any(client.is_cut for client in at_work)


def test_idle_connections_make_room_after_the_silent_ones() -> None:
    kept = table(4)
    idle, _, _ = asked(kept), asked(kept), asked(kept)
    kept.mark_idle(idle)
    silent = RawClient(kept)

    newest = RawClient(kept)
    assert newest.is_kept
    assert (silent.is_cut, idle.is_cut) == (True, False)
    kept.mark_requested(newest)
    assert RawClient(kept).is_kept
    assert idle.is_cut


def test_one_address_gets_its_cap_and_a_proxy_none() -> None:
    kept = table(100, per_address=2)
    first, second = RawClient(kept, "2001:db8::1"), RawClient(kept, "2001:db8::2")

    assert not RawClient(kept, "2001:db8::3").is_kept
    assert RawClient(kept, "2001:db8:0:1::1").is_kept
    assert all(RawClient(kept, PROXY).is_kept for _ in range(10))
    kept.remove(first)
    kept.remove(first)
    assert RawClient(kept, "2001:db8::3").is_kept
    assert not RawClient(kept, "2001:db8::4").is_kept
    assert not second.is_cut


def test_upgraded_connection_still_counts() -> None:
    kept = table(4, per_address=1)
    client, socket = RawClient(kept), RawClient(table())
    kept.replace(client, socket)

    assert not RawClient(kept).is_kept
    kept.remove(socket)
    assert len(kept) == 0
    assert RawClient(kept).is_kept


def test_cap_leaves_descriptors_for_everything_else() -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)

    assert connection_cap(7) == 7
    assert 0 < connection_cap(0) < soft
    assert connection_cap(10 * soft) == connection_cap(0)
