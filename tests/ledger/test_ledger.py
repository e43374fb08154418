"""The ledger's short form holds, and faults that are planted on purpose are reported by it."""

import subprocess
import sys

import pytest

from tests.ledger.tally import Tally, deliveries
from tests.support.kinds import neutral_environment
from tools.paths import ROOT

LOG = ["a", "b", "c"]


def received(texts: str) -> list[tuple[str, float]]:
    return [(text, float(number)) for number, text in enumerate(texts)]


@pytest.mark.once
@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ("abc", Tally(delivered=3)),
        ("ac", Tally(delivered=2, lost=1)),
        ("", Tally(lost=3)),
        ("abbc", Tally(delivered=4, doubled=1)),
        ("acb", Tally(delivered=3, out_of_order=1)),
        # What nobody has committed.
        ("abcx", Tally(delivered=4, doubled=1)),
    ],
)
def test_tally_counts_what_is_missing_doubled_and_misplaced(texts: str, expected: Tally) -> None:
    assert deliveries(LOG, received(texts), {}) == expected


@pytest.mark.once
def test_longest_delay_is_from_the_answer_to_the_receipt() -> None:
    tally = deliveries(LOG, [("a", 5.0), ("b", 5.5), ("c", 9.0)], {"a": 4.0, "b": 1.5, "c": 9.5})

    assert tally.longest_s == 4.0


@pytest.mark.once
def test_sum_of_tallies_has_the_longest_delay() -> None:
    assert Tally(1, 2, 3, 4, 5, 6.0) + Tally(1, 1, 1, 1, 1, 1.0) == Tally(2, 3, 4, 5, 6, 6.0)


def ledger(option: str) -> subprocess.CompletedProcess[str]:
    """Run it as `make ledger` does."""
    return subprocess.run(
        [sys.executable, "-m", "tests.ledger", option],
        cwd=ROOT,
        env=neutral_environment(),
        capture_output=True,
        text=True,
    )


@pytest.mark.once_full
def test_short_ledger_holds() -> None:
    ran = ledger("--short")

    assert ran.returncode == 0, ran.stdout + ran.stderr
    last = ran.stdout.splitlines()[-1].split()
    assert last[:2] == ["in", "all"]
    delivered, lost, doubled, out_of_order = (int(cell.replace(",", "")) for cell in last[3:7])
    assert delivered > 0
    assert (lost, doubled, out_of_order) == (0, 0, 0)


@pytest.mark.once
def test_planted_faults_are_reported() -> None:
    ran = ledger("--plant")

    assert ran.returncode == 1, ran.stdout + ran.stderr
    rows = [line for line in ran.stdout.splitlines() if line.startswith("planted: ")]
    dropped, short = rows[-2:]
    assert "hints are dropped" in dropped
    assert "a replay is one short" in short
    for row in (dropped, short):
        lost = int(row.split()[-4].replace(",", ""))
        assert lost > 0, row
