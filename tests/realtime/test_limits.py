"""The engine's limits are those of the contract, and a project may change them."""

from pytest_django import Settings

from realtime.conf import conf


def test_the_defaults_are_those_of_the_contract() -> None:
    given = conf()
    assert given.max_connections_per_user == 5
    assert given.max_frame_bytes == 10_240
    assert (given.outbox_frames, given.outbox_bytes) == (1_000, 1024 * 1024)
    assert given.log_keep_events == 1_000
    assert (given.heartbeat_s, given.silence_s) == (30, 90)
    assert (given.frame_burst, given.frame_rate, given.rate_patience_s) == (200, 50, 10)
    assert given.first_frame_s == 10
    assert given.drain_s <= 30
    # A lost wake-up, or a lost eviction, is noticed well within 10 s.
    assert max(given.reconcile_s, given.revoke_s) <= 5


def test_a_changed_setting_is_in_force(settings: Settings) -> None:
    settings.BELLWIRE_OUTBOX_FRAMES = 7
    assert conf().outbox_frames == 7
