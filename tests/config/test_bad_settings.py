"""A bad value of any declared variable stops the start with its name."""

import os
import subprocess
import sys

import pytest

from config.conf import ALL_SETTINGS
from env_settings import Setting, SettingError, parsing
from tools.paths import ROOT

pytestmark = pytest.mark.once

SETTINGS = [one for app in ALL_SETTINGS for one in app.settings if not one.is_repeated]
NUMBERS = [one for one in SETTINGS if one.kind in (int, float)]


@pytest.mark.parametrize("one", NUMBERS, ids=lambda one: one.env)
def test_number_outside_its_range_is_refused(one: Setting) -> None:
    for text in ("many", "", "-1", str(one.most * 10 + 1), "nan"):
        with pytest.raises(SettingError, match=f"^{one.env}: expected a "):
            parsing.parse(one, text)
    assert parsing.parse(one, str(one.default)) == one.default


def test_start_is_refused_with_all_bad_values() -> None:
    bad = {"BELLWIRE_TICKET_S": "soon", "BELLWIRE_SWEEP_CHUNK": "0"}
    ended = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**os.environ, "DEBUG": "1", **bad},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert ended.stderr == (
        "bellwire: BELLWIRE_TICKET_S: expected a whole number from 1 to 315360000 (s), got 'soon'; "
        "BELLWIRE_SWEEP_CHUNK: expected a whole number from 1 to 32000 (rows), got '0'\n"
    )
