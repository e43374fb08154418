"""The token bucket, on a clock of the test's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.fanout.rate import RateLimit, Verdict

pytestmark = pytest.mark.once

A, R, B = Verdict.ALLOWED, Verdict.REFUSED, Verdict.CUT_OFF


def a_limit() -> RateLimit:
    return RateLimit(burst=200, rate=50.0, patience_s=10.0)


@pytest.mark.parametrize("start", [0.0, 5.0, 1e9])
def test_200_at_once_and_not_one_more(start: float) -> None:
    limit = a_limit()
    assert [limit.judge(start) for _ in range(203)] == [A] * 200 + [R] * 3


def test_50_a_second_after_that() -> None:
    limit = a_limit()
    for _ in range(200):
        limit.judge(0.0)
    assert [limit.judge(1.0) for _ in range(52)] == [A] * 50 + [R] * 2
    assert [limit.judge(1.5) for _ in range(26)] == [A] * 25 + [R]


def test_after_a_long_silence_there_is_one_burst_and_no_more() -> None:
    limit = a_limit()
    limit.judge(0.0)
    assert [limit.judge(3600.0) for _ in range(201)] == [A] * 200 + [R]


def test_a_steady_client_is_never_refused() -> None:
    limit = a_limit()
    assert {limit.judge(n / 50) for n in range(5_000)} == {A}


def test_10_seconds_over_the_limit_without_a_pause_end_it() -> None:
    limit = a_limit()
    verdicts = [limit.judge(n / 100) for n in range(2_000)]
    first_refusal = verdicts.index(R) / 100
    cut_off = verdicts.index(B) / 100
    # 200 tokens, used up at 50 a second more than come in.
    assert first_refusal == pytest.approx(4.0, abs=0.1)
    assert cut_off == pytest.approx(first_refusal + 10.0, abs=0.1)


def test_a_pause_starts_the_10_seconds_anew() -> None:
    limit = a_limit()
    verdicts = [limit.judge(n / 100) for n in range(1_300)]
    assert verdicts[-1] in (A, R)
    assert B not in verdicts
    # It has heard RATE_LIMITED, and waits for as long as it takes to be refused no more.
    again = [limit.judge(15 + n / 100) for n in range(900)]
    assert B not in again
    assert R in again


def test_a_burst_too_many_is_forgiven_at_once() -> None:
    limit = a_limit()
    for minute in range(30):
        verdicts = [limit.judge(minute * 60.0) for _ in range(1_000)]
        assert verdicts == [A] * 200 + [R] * 800


@given(st.lists(st.floats(0, 2), max_size=400))
def test_nobody_gets_more_than_the_burst_and_the_rate(pauses: list[float]) -> None:
    limit, now, allowed = RateLimit(burst=5, rate=2.0, patience_s=10.0), 100.0, 0
    for pause in pauses:
        now += pause
        allowed += limit.judge(now) is A
        assert allowed <= 5 + (now - 100.0) * 2.0 + 1e-6


@given(st.lists(st.floats(0.5, 2), max_size=100))
def test_nobody_within_the_rate_is_refused(pauses: list[float]) -> None:
    limit, now = RateLimit(burst=5, rate=2.0, patience_s=10.0), 100.0
    for pause in pauses:
        now += pause
        assert limit.judge(now) is A
