"""An instance on a machine whose clock is not the database's."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

ClockAhead = Callable[[float], None]


@pytest.fixture
def clock_ahead(monkeypatch: pytest.MonkeyPatch) -> ClockAhead:
    """From now on this process's clock is that many seconds ahead of the database's."""
    right = timezone.now

    def set_ahead(seconds: float) -> None:
        monkeypatch.setattr(timezone, "now", lambda: right() + timedelta(seconds=seconds))

    return set_ahead
