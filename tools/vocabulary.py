"""`python -m tools.vocabulary`: fails where a retired word is an identifier, file name or term.

The words that are used instead are in docs/glossary.md. Words that are also ordinary English (page,
part, wire, reading) are retired only in the forms that `NAMES` lists; the others in every form.
"""

import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.paths import ROOT

# As any word of an identifier or of a file's name, and in documents: `SseDoor`, `doors.py`, "door".
WORDS = {
    "answerer": "generator",
    "banish": "revoke",
    "chore": "periodic task",
    "departures": "account_deletion",
    "dialect": "protocol",
    "door": "transport, endpoint, stream view or HTTP client",
    "farewell": "on_user_deleted",
    "hearsay": "unlogged or pending events",
    "heed": "revoke",
    "nursery": "session registry or fork server",
    "pen": "batch writer",
    "shout": "broadcast_ephemeral",
    "stepper": "NonBlockingSender",
    "stir": "invalidate",
}
# As a whole identifier, in this spelling: the word is ordinary English otherwise.
NAMES = {
    "Among": "InValues",
    "BRIEF": "generation context",
    "Brief": "GenerationContext",
    "By": "RecipientKind",
    "House": "session registry",
    "Mask": "EventFilter",
    "Moved": "CounterDelta",
    "Pace": "timeouts",
    "Pen": "BatchWriter",
    "Reading": "StreamView",
    "Resident": "LifecycleService",
    "Talk": "protocol, conversation or room state",
    "Visit": "the thing that is visited",
    "Wire": "SocketWriter",
    "besides": "exclude_user_id",
}
# As the name of a function, method or class in Python; `file.tell()` is Python's own.
DEFINED = {
    "hear": "receive",
    "hears": "receives",
    "say": "send, publish or post",
    "says": "sends, publishes or posts",
    "tell": "publish, enqueue, deliver or log",
    "tells": "publishes, sends or logs",
    "wear": "apply_filter",
}
# As a word of a file's or folder's name. Gerunds say nothing about what is inside.
FILES = {
    "announcing": "announcements",
    "apart": "sandbox",
    "asking": "questions",
    "cancelling": "cancellation",
    "creating": "creation",
    "ending": "completion",
    "house": "session_registry",
    "leaving": "account_deletion",
    "pace": "timeouts",
    "reading": "stream_views, read_receipts or parsers",
    "residents": "lifecycle_services",
    "stepping": "non_blocking_send",
    "strangers": "anonymous_connections",
    "sweeping": "housekeeping",
    "talk": "a noun for what is inside",
    "tell": "a noun for what is inside",
    "telling": "member_broadcasts or progress_events",
    "visit": "a noun for what is inside",
    "wire": "writers",
    "wires": "writers",
    "writing": "room_events or chunk_store",
}
# What is left, and why. A path is a file, or a folder that ends in "/".
EXCEPTIONS: dict[str, tuple[frozenset[str], str]] = {
    "benchmarks/retrieval/documents/": (frozenset(WORDS), "English texts to be searched"),
    "docs/decisions/0018-reading-documents.md": (frozenset({"reading"}), "about reading files"),
    "docs/decisions/0019-layout.md": (frozenset({"door"}), "quotes the word that it retires"),
    "chat/assistant/generators/small_talk.py": (
        frozenset({"talk"}),
        "small talk, in plain English",
    ),
}

_SOURCES = {".py", ".ts", ".vue", ".mjs", ".css"}
_COMMENTS = re.compile(r"/\*.*?\*/|<!--.*?-->|(?<!:)//[^\n]*", re.DOTALL)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DEFINITION = re.compile(r"\s*(?:async )?(?:def|class) (\w+)")
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_RETIRED = {word + suffix: word for word in WORDS for suffix in ("", "s", "ed", "ing")}
# In a file without any of these there is nothing to find, and to tokenize all files takes seconds.
_ANY = re.compile(
    rf"(?<![A-Za-z])(?i:{'|'.join(_RETIRED)})(?![a-z])"
    rf"|(?:{'|'.join(word.capitalize() for word in _RETIRED)})(?![a-z])"
    rf"|\b(?:{'|'.join(NAMES)})\b"
    rf"|\b(?:def|class) (?:{'|'.join(DEFINED)})\b"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A retired word: where it stands, in which name, and the word that is used instead."""

    path: str
    line: int
    name: str
    word: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: `{self.name}`: {self.word!r} is retired ({self.instead})"


def main() -> int:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    found = list(check(ROOT, listed))
    for finding in found:
        print(finding)
    if found:
        print(f"\n{len(found)} retired words. docs/glossary.md has the present ones.")
    return 1 if found else 0


def check(root: Path, paths: Iterable[str]) -> Iterator[Finding]:
    """Findings in these files of `root`, without those that `EXCEPTIONS` allows."""
    for path in paths:
        file = root / path
        if not file.is_file():
            continue  # deleted, and not committed yet
        allowed = _allowed(path)
        for finding in _in_file(path, file):
            if finding.word not in allowed:
                yield finding


def _allowed(path: str) -> frozenset[str]:
    found = (
        words
        for place, (words, _) in EXCEPTIONS.items()
        if path == place or (place.endswith("/") and path.startswith(place))
    )
    return frozenset().union(*found)


def _in_file(path: str, file: Path) -> Iterator[Finding]:
    yield from _in_name_of_file(path)
    if file.suffix not in {".md", *_SOURCES}:
        return
    text = file.read_text()
    if not _ANY.search(text):
        return
    if file.suffix == ".md":
        yield from _in_document(path, text)
    elif file.suffix == ".py":
        yield from _in_identifiers(path, _python_names(text))
        for line, name in _definitions(text):
            if name in DEFINED:
                yield Finding(path, line, name, name, DEFINED[name])
    else:
        yield from _in_identifiers(path, _other_names(text))


def _in_name_of_file(path: str) -> Iterator[Finding]:
    for part in Path(path).parts:
        for word in _words(part.split(".")[0]):
            if word in FILES:
                yield Finding(path, 1, part, word, FILES[word])
            elif retired := _RETIRED.get(word):
                yield Finding(path, 1, part, retired, WORDS[retired])


def _in_document(path: str, text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), 1):
        for name in _IDENTIFIER.findall(line):
            for word in _words(name):
                if retired := _RETIRED.get(word):
                    yield Finding(path, number, name, retired, WORDS[retired])


def _in_identifiers(path: str, names: Iterable[tuple[int, str]]) -> Iterator[Finding]:
    for line, name in names:
        if name in NAMES:
            yield Finding(path, line, name, name, NAMES[name])
            continue
        for word in _words(name):
            if retired := _RETIRED.get(word):
                yield Finding(path, line, name, retired, WORDS[retired])
                break


def _python_names(text: str) -> Iterator[tuple[int, str]]:
    """Each name once, with the first line in which it stands."""
    seen = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME and token.string not in seen:
            seen.add(token.string)
            yield token.start[0], token.string


def _definitions(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if found := _DEFINITION.match(line):
            yield number, found[1]


def _other_names(text: str) -> Iterator[tuple[int, str]]:
    """The same of TypeScript, Vue and CSS; comments are left out, with their lines kept."""
    bare = _COMMENTS.sub(lambda comment: "\n" * comment[0].count("\n"), text)
    seen = set()
    for number, line in enumerate(bare.splitlines(), 1):
        for name in _IDENTIFIER.findall(line):
            if name not in seen:
                seen.add(name)
                yield number, name


def _words(name: str) -> list[str]:
    """`test_SseDoor` is test, sse, door."""
    return [part.lower() for part in _PART.findall(name)]


if __name__ == "__main__":
    sys.exit(main())
