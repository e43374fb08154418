import pytest

from tests.notifications.jobs.workers import Worker


@pytest.fixture
def prism(db: None) -> Worker:
    """A service that works for people."""
    return Worker()
