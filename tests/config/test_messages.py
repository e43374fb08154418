"""The catalogues of server texts: complete, compiled, and with the places of the originals."""

import re
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from django.conf import settings

from tools import messages

pytestmark = pytest.mark.once
PLACE = re.compile(r"%\([a-z_]+\)[sd]|%[sd%]|\{[a-z_]*\}")


@pytest.fixture(scope="module")
def collected() -> Catalog:
    return messages.collected()


@pytest.fixture(params=list(messages.catalogues().values()), ids=list(messages.catalogues()))
def path(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def texts(of: Message) -> tuple[list[str], list[str]]:
    """The originals and the translations, all forms of each."""
    return _forms(of.id), _forms(of.string)


def _forms(text: Any) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def test_there_is_a_catalogue_for_every_language_but_the_default() -> None:
    languages = {code for code, _ in settings.LANGUAGES}
    assert set(messages.catalogues()) == languages - {settings.LANGUAGE_CODE}


def test_every_text_of_ours_is_translated(collected: Catalog, path: Path) -> None:
    catalog = messages.read(path)
    missing = []
    for one in collected:
        found = catalog.get(one.id, one.context) if one.id else one
        if one.id and (found is None or not all(texts(found)[1])):
            missing.append(one.id)
    assert missing == [], "run `python -m tools.messages`, and translate what it names"


def test_no_translation_is_left_of_a_text_that_is_gone(collected: Catalog, path: Path) -> None:
    left = [one.id for one in messages.read(path) if not collected.get(one.id, one.context)]
    assert [one for one in left if one] == []


def test_translations_have_the_places_of_their_originals(path: Path) -> None:
    for one in messages.read(path):
        if one.id:
            originals, translations = texts(one)
            wanted = sorted(set(PLACE.findall(originals[-1])))
            for text in translations:
                assert sorted(set(PLACE.findall(text))) == wanted, one.id


def test_the_compiled_catalogue_is_the_written_one(path: Path) -> None:
    compiled = path.with_suffix(".mo").read_bytes()
    assert compiled == messages.compiled(messages.read(path)), "run `python -m tools.messages`"
