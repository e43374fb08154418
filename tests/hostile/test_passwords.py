"""Those who guess passwords: at one address, at many, for one name and for many, at every login."""

import itertools
import re

import pytest

from tests.hostile.api_user import PASSWORD
from tests.hostile.guessing import MANY, guess, guessing, visitor
from tests.hostile.instances import Target
from tests.hostile.refusals import is_explained
from tests.hostile.users import HostileUsers

pytestmark = pytest.mark.full_only

LOGIN = "/admin/login/"
_fresh = itertools.count(1)


def _address() -> str:
    """One that nobody has guessed from."""
    return f"127.0.78.{next(_fresh)}"


async def test_one_address_may_not_try_any_number_of_names(
    patient: Target, users: HostileUsers
) -> None:
    address = _address()
    async with visitor(patient, address) as http:
        answers = [await guess(http, f"stranger-{address}-{number}") for number in range(50)]
        right = await guess(http, users.person().name, PASSWORD)

    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert all(is_explained(one.status_code, one.headers, one.text) for one in refused)
    assert right.status_code == 429
    await users.bystander(patient).does_everything()


async def test_one_name_guessed_from_many_addresses_is_refused_and_its_owner_is_not(
    patient: Target, users: HostileUsers
) -> None:
    victim = users.person()
    async with visitor(patient, _address()) as own_browser:
        assert (await guess(own_browser, victim.name, PASSWORD)).status_code == 200
        device = {"known_device": own_browser.cookies["known_device"]}
    for address in MANY:
        async with visitor(patient, address) as http:
            answer = await guess(http, victim.name)

    assert is_explained(answer.status_code, answer.headers, answer.text)
    async with visitor(patient, _address()) as http:
        assert (await guess(http, victim.name, PASSWORD)).status_code == 429
    async with visitor(patient, _address()) as own_browser:
        own_browser.headers["Cookie"] = f"known_device={device['known_device']}"
        assert (await guess(own_browser, victim.name, PASSWORD)).status_code == 200
    await users.bystander(patient).does_everything()


async def test_guessing_at_the_admin_is_guessing(patient: Target, users: HostileUsers) -> None:
    victim = users.person()
    async with visitor(patient, _address()) as http:
        page = await http.get(LOGIN)
        http.headers["Cookie"] = f"csrftoken={page.cookies['csrftoken']}"
        form = {
            "username": victim.name,
            "password": "wrong",
            "csrfmiddlewaretoken": _csrf(page.text),
        }
        referer = {"Referer": f"{patient.url}{LOGIN}"}
        answers = [await http.post(LOGIN, data=form, headers=referer) for _ in range(11)]
        refused = await guess(http, victim.name, PASSWORD)

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert refused.status_code == 429


async def test_parallel_guesses_hold_nobody_up(patient: Target, users: HostileUsers) -> None:
    before = patient.connections()

    async with guessing(patient):
        for _ in range(3):
            await users.bystander(patient).does_everything()

    await patient.is_normal(connections=before)


def _csrf(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found
    return found[1]
