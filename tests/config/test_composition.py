"""The limits of docs/security.md hold for what config/asgi.py puts together."""

import pytest

from api.conf import conf
from config.asgi import admission
from config.middleware.http_stack import body_budget

pytestmark = pytest.mark.once

ONE = "address 192.0.2.1"
ANOTHER = "address 192.0.2.2"
MIB = 1024 * 1024


async def test_one_client_never_has_all_request_slots() -> None:
    taken = 0
    try:
        while not admission.must_wait(ONE):
            await admission.enter(ONE)
            taken += 1

        assert taken
        assert not admission.must_wait(ANOTHER)
    finally:
        for _ in range(taken):
            admission.leave(ONE)


def test_after_a_body_was_refused_no_other_begins_until_the_largest_has_room() -> None:
    budget = body_budget()
    bodies = []
    while (body := budget.hold(ONE)).grow(conf().max_body_bytes):
        bodies.append(body)
    assert len(bodies) > 1
    # Room for a small one, which would only be filled again and again.
    bodies.pop().release()
    assert bodies[0].grow(MIB)
    assert not budget.hold(ONE).grow(conf().max_body_bytes)

    assert not budget.hold(ONE).grow(MIB)

    bodies.pop().release()
    assert budget.hold(ONE).grow(MIB)
