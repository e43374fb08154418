"""Files that are made to hurt whoever reads them: the server keeps memory, secrets and slots."""

import json
import os
import sys
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from chat.assistant.documents import intake, limits
from chat.assistant.documents.formats import Format
from chat.assistant.documents.parsers import sandbox
from chat.assistant.documents.parsers.errors import DocumentError, ParsersBusyError, TooLargeError
from chat.assistant.documents.parsers.reader import read_document
from tests.chat.assistant import library
from tests.support.deadlines import PATIENCE_S

pytestmark = pytest.mark.once
HERE = Path(__file__).parent
MIB = 1024 * 1024

# 100 KB each, or as much as it takes.
LONG_HEADINGS = "".join(f"<h{n}>{'heading ' * 2_000}</h{n}>" for n in range(1, 7)) + "<p>a" * 2_000
FORMATTING = "".join(f"<b a={n}>" for n in range(5_000)) + "<p>a</p>" * 5_000


def test_long_headings_are_not_kept_once_for_each_paragraph() -> None:
    tracemalloc.start()
    try:
        reading = read_document(LONG_HEADINGS.encode(), Format.HTML)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(reading.blocks) == 2_000
    assert max(len(name) for block in reading.blocks for name in block.headings) <= 300
    # Six headings of 16 KB for each of them would be 190 MB.
    assert peak < 8 * MIB


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("<div>" * 1_000_000 + "deep", Format.HTML),
        (FORMATTING, Format.HTML),
        ("<table>" * 20_000 + "deep", Format.HTML),
        ("<p>a" + "<i>" * 400_000, Format.HTML),
        ("<br>" * 400_000 + "a", Format.HTML),
        ("<" + "a" * 100_000 + ">" + "<x>" * 2_000, Format.HTML),
    ],
    ids=lambda value: str(value)[:20],
)
def test_nested_and_countless_elements_are_refused_before_they_are_parsed(
    data: str, kind: Format
) -> None:
    with pytest.raises(DocumentError, match="too much time or memory"):
        read_document(data.encode(), kind)


@pytest.mark.parametrize(
    "data",
    [
        "<p " + " ".join(f"a{n}=1" for n in range(20_000)) + ">text",
        "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]>" + "<p>text &b;" * 5_000,
        "<!-- <p>" * 10_000 + "--><p>text",
        "<script>" + "i<n;" * 20_000 + "</script><p>text",
        "<p>text" + "<a href='" * 900,
        "<p>text" + "&lt;" * 20_000,
        "<p>text" * 20_000,
    ],
    ids=lambda value: value[:20],
)
def test_pages_that_only_look_dangerous_are_read(data: str) -> None:
    assert "text" in read_document(data.encode(), Format.HTML).text


@pytest.mark.parametrize(
    "data", [library.bomb(600_000_000), library.bomb(50_000_000)], ids=["600 MB", "50 MB"]
)
def test_pdf_that_unpacks_to_more_than_memory_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError):
        read_document(data, Format.PDF)


def test_documents_of_countless_blocks_and_passages_are_refused() -> None:
    with pytest.raises(TooLargeError, match="paragraphs"):
        read_document(b"- a\n" * (limits.BLOCKS + 1), Format.MARKDOWN)
    dictionary = "".join(f"# {n}\nb\n" for n in range(limits.CHUNKS + 1))
    with pytest.raises(TooLargeError, match="passages"):
        intake.new_document(dictionary.encode(), Format.MARKDOWN, title="x")


# --- the child process ---------------------------------------------------------------------------


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a child process sees that the server starts while it has its secrets."""
    for name in ("SECRET_KEY", "DATABASE_URL", "LLM_API_KEY", "PYTHONPATH"):
        monkeypatch.setenv(name, "a secret")
    monkeypatch.setattr(sandbox, "PROGRAM", HERE / "print_surroundings.py")
    found: dict[str, Any] = json.loads(sandbox.read_in_sandbox("html", b"x").title)
    return found


def test_child_process_has_no_secrets_and_no_settings(surroundings: dict[str, Any]) -> None:
    assert surroundings["environment"] == {"LC_ALL": "C.UTF-8"}
    assert surroundings["isolated"]
    assert surroundings["django"] == []
    assert not surroundings["settings"]


def test_child_process_leaves_the_processor_to_others(surroundings: dict[str, Any]) -> None:
    assert surroundings["niceness"] > os.getpriority(os.PRIO_PROCESS, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="the filter of system calls is Linux's")
def test_child_process_has_no_network_and_no_programs(surroundings: dict[str, Any]) -> None:
    assert surroundings["socket"] == "EPERM"
    assert surroundings["program"] == "EPERM"


def test_child_process_that_says_too_much_is_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "endless.py"
    program.write_text("import sys\nwhile True:\n    sys.stdout.write('x' * 65536)\n")
    monkeypatch.setattr(sandbox, "PROGRAM", program)
    monkeypatch.setattr(limits, "READ_OUTPUT_BYTES", MIB)
    with pytest.raises(DocumentError, match="too much"):
        sandbox.read_in_sandbox("html", b"x")


@pytest.mark.parametrize("said", ["", "not JSON", "import os; os.abort()"])
def test_child_process_that_dies_or_lies_is_a_document_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str
) -> None:
    program = tmp_path / "broken.py"
    program.write_text(said if "os" in said else f"print({said!r}, end='')")
    monkeypatch.setattr(sandbox, "PROGRAM", program)
    with pytest.raises(DocumentError, match="too much"):
        sandbox.read_in_sandbox("pdf", b"x" * MIB)


# --- how many at once ----------------------------------------------------------------------------


class _Waiting:
    """A program that waits until it is let go."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._gate = folder / "gate"
        os.mkfifo(self._gate)
        self.program = folder / "waiting.py"
        self.program.write_text(f"open({str(self._gate)!r}).read()")
        self._writer = -1

    def started(self) -> None:
        """Return once it runs: a named pipe opens when it has both ends."""
        self._writer = os.open(self._gate, os.O_WRONLY)

    def release(self) -> None:
        os.close(self._writer)


def test_third_file_at_once_is_to_come_back_later(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, db: None, settings: Settings
) -> None:
    settings.ROOT_URLCONF = "config.urls"
    settings.ALLOWED_HOSTS = ["testserver"]
    wiki = library.service("wiki")
    program = sandbox.PROGRAM

    def read() -> None:
        with pytest.raises(DocumentError):
            sandbox.read_in_sandbox("html", b"x")

    children = [_Waiting(tmp_path / "one"), _Waiting(tmp_path / "two")]
    threads = [threading.Thread(target=read) for _ in children]
    for child, thread in zip(children, threads, strict=True):
        monkeypatch.setattr(sandbox, "PROGRAM", child.program)
        thread.start()
        child.started()
    body = {"title": "x", "content": "<p>Annual leave", "content_type": "text/html"}
    with pytest.raises(ParsersBusyError):
        sandbox.read_in_sandbox("html", b"x")
    refused = wiki.adds(**body)
    for child, thread in zip(children, threads, strict=True):
        child.release()
        thread.join(PATIENCE_S)
    monkeypatch.setattr(sandbox, "PROGRAM", program)

    assert refused.status_code == 503
    assert refused.json()["code"] == "UNAVAILABLE"
    assert int(refused["Retry-After"]) > 0
    assert wiki.adds(**body).status_code == 201
