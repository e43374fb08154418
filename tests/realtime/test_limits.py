"""Every limit is a setting, and every setting of the engine a limit."""

import inspect
from dataclasses import fields

import pytest
from django.conf import settings
from pytest_django import Settings

from config import settings as module
from realtime.limits import Limits, limits

NAMES = [field.name for field in fields(Limits)]


@pytest.mark.parametrize("name", NAMES)
def test_every_limit_is_a_setting_that_the_environment_can_change(name: str) -> None:
    setting = f"BELLWIRE_{name.upper()}"
    assert getattr(limits(), name) == getattr(settings, setting)
    source = inspect.getsource(module)
    assert any(
        f'{setting} = env.{kind}("{setting}", ' in source for kind in ("int", "float", "str")
    )


def test_the_defaults_are_those_of_the_contract() -> None:
    given = limits()
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


def test_a_changed_setting_is_in_force(limited: object, settings: Settings) -> None:
    settings.BELLWIRE_OUTBOX_FRAMES = 7
    limits.cache_clear()
    assert limits().outbox_frames == 7


def test_every_limit_says_why() -> None:
    source = inspect.getsource(Limits)
    # A comment stands above each, or above the pair that it belongs to.
    assert source.count("    # ") >= len(NAMES) - 2
