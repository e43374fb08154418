"""docs/services.md, taken at its word."""

import asyncio
import re
import subprocess
import sys

import pytest

import bellwire_client
from bellwire_client import ApiError, BellwireError, Retries
from bellwire_client.http_transport import READ_S
from tests.bellwire_client.company import Company
from tests.e2e.services import inbox
from tests.support.servers import Deployment
from tools.paths import ROOT

PAGE = (ROOT / "docs" / "services.md").read_text()
PROGRAMS = re.findall(r"^```python\n(.+?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_first_program_sends_the_first_notification(
    deployment: Deployment, company: Company
) -> None:
    alice = company.person()
    program = PROGRAMS[0].replace('"alice"', repr(alice.name))
    assert len(PROGRAMS[0].splitlines()) <= 20
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"BELLWIRE_URL": deployment.url, "BELLWIRE_KEY": company.key, "NO_PROXY": "*"},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    (row,) = asyncio.run(inbox(deployment.url, alice.token))
    assert ran.stdout.split()[1:] == [f"({row['id']},)"]


@pytest.mark.once
def test_every_program_is_python() -> None:
    assert len(PROGRAMS) == 5
    for program in PROGRAMS:
        compile(program, "docs/services.md", "exec")


@pytest.mark.once
def test_every_error_and_every_call_is_explained() -> None:
    errors = [
        name
        for name in bellwire_client.__all__
        if isinstance(kind := getattr(bellwire_client, name), type)
        and issubclass(kind, BellwireError)
    ]
    assert ApiError.__name__ in errors
    assert [name for name in errors if f"── {name} " not in PAGE and name != "BellwireError"] == []
    for call in ("send", "send_many", "sent", "revoke", "create_job", "update_job", "job"):
        assert f"`{call}(" in PAGE


@pytest.mark.once
def test_the_numbers_of_the_retries_are_those_of_the_program() -> None:
    retries = Retries(chance=lambda: 1.0)
    doubled = [min(retries.longest_s, retries.first_s * 2**n) for n in range(retries.attempts - 1)]
    waits = ", ".join(f"{wait:g}" for wait in doubled[:-1]) + f" and {doubled[-1]:g} s"
    text = " ".join(PAGE.split())
    assert f"up to {retries.attempts} tries, waits of about {waits}" in text
    assert f"no try later than {retries.patience_s:g} s after the first" in text
    assert f"({READ_S:g} s)" in text
