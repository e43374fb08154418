"""Retired words are found as identifiers, file names and terms, and plain English is left alone."""

from pathlib import Path

import pytest

from tools import vocabulary
from tools.paths import ROOT

pytestmark = pytest.mark.once


def found(root: Path, path: str, text: str) -> list[str]:
    """The retired words that the check finds in one file with this text."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return [finding.word for finding in vocabulary.check(root, [path])]


@pytest.mark.parametrize(
    ("path", "text", "word"),
    [
        ("realtime/door.py", "", "door"),
        ("realtime/doors/__init__.py", "", "door"),
        ("chat/telling.py", "", "telling"),
        ("chat/rooms/test_reading.py", "", "reading"),
        ("realtime/hub.py", "class SseDoor:\n    pass\n", "door"),
        ("realtime/hub.py", "def open_doors() -> None: ...\n", "door"),
        ("realtime/hub.py", "hub.shout(event)\n", "shout"),
        ("realtime/hub.py", "publish(topic, besides=7)\n", "besides"),
        ("realtime/hub.py", "from realtime import Wire\n", "Wire"),
        ("realtime/hub.py", "class Hub:\n    async def tell(self) -> None: ...\n", "tell"),
        ("frontend/src/lib/lines.ts", "export const openDoor = 1\n", "door"),
        ("frontend/src/styles/base.css", ".door-row { color: red }\n", "door"),
        ("frontend/src/components/Row.vue", '<p class="chore">\n', "chore"),
        ("docs/protocol.md", "Three doors, one answer.\n", "door"),
        ("README.md", "What the answerer says.\n", "answerer"),
    ],
)
def test_retired_word_is_found(tmp_path: Path, path: str, text: str, word: str) -> None:
    assert found(tmp_path, path, text) == [word]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("realtime/hub.py", "# The door of a comment.\nnext_page = reading_part = 'door'\n"),
        ("realtime/hub.py", "position = file.tell()\n"),
        ("frontend/src/lib/lines.ts", "// a door\nconst page = reading.talking\n"),
        ("docs/protocol.md", "Reading a page takes part of the time, outdoors.\n"),
        ("docs/picture.svg", "door"),
    ],
)
def test_plain_english_is_left_alone(tmp_path: Path, path: str, text: str) -> None:
    assert found(tmp_path, path, text) == []


def test_exception_holds_for_its_place_and_its_word_alone(tmp_path: Path) -> None:
    place = "docs/decisions/0018-reading-documents.md"
    assert found(tmp_path, place, "The door of a reader.\n") == ["door"]
    assert found(tmp_path, "docs/decisions/0018-reading.md", "Files.\n") == ["reading"]
    assert found(tmp_path, place, "Files.\n") == []


def test_every_exception_has_a_place_that_exists_and_a_reason() -> None:
    for place, (words, reason) in vocabulary.EXCEPTIONS.items():
        assert (ROOT / place).exists(), place
        assert words
        assert reason
