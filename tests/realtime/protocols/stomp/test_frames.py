"""What is written, and that it is read as it was meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.protocols.stomp.codec import StompFrame, Version, encode
from tests.realtime.protocols.stomp.client import ALL, received

pytestmark = pytest.mark.once

V10, V11, V12 = ALL

# Which characters a version's headers can carry unharmed.
UNWRITABLE = {V10: "\n\r\0", V11: "\r\0", V12: "\0"}


def as_written(text: str, version: Version) -> str:
    for char in UNWRITABLE[version]:
        text = text.replace(char, " ")
    return text.strip(" \t") if version is V10 else text


@pytest.mark.parametrize(
    ("version", "written"),
    [
        (V10, b"MESSAGE\nk:a:b\\c d e\n\n\0"),
        (V11, b"MESSAGE\nk:a\\cb\\\\c\\nd e\n\n\0"),
        (V12, b"MESSAGE\nk:a\\cb\\\\c\\nd\\re\n\n\0"),
    ],
)
def test_each_version_escapes_what_it_can_and_blanks_what_it_cannot(
    version: Version, written: bytes
) -> None:
    assert encode(StompFrame("MESSAGE", (("k", "a:b\\c\nd\re"),)), version) == written


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("command", ["CONNECT", "CONNECTED"])
def test_connect_and_connected_are_never_escaped(command: str, version: Version) -> None:
    written = encode(StompFrame(command, (("user-name", "a:b\\c\nd"),)), version)
    assert written == command.encode() + b"\nuser-name:a:b\\c d\n\n\0"


@pytest.mark.parametrize("version", ALL)
def test_no_value_smuggles_a_header_a_body_or_a_frame_in(version: Version) -> None:
    evil = "x\nrole:admin\r\n\r\n\nbody\0SEND\n\n\0"
    reported = received(encode(StompFrame("RECEIPT", (("receipt-id", evil),)), version), version)
    assert reported.command == "RECEIPT"
    assert [name for name, _ in reported.headers] == ["receipt-id"]
    assert reported.body == b""


@pytest.mark.parametrize("version", ALL)
def test_no_name_smuggles_a_header_in_either(version: Version) -> None:
    reported = received(
        encode(StompFrame("RECEIPT", (("a:b\nc", "1"), ("", "2"))), version), version
    )
    assert len(reported.headers) == 1
    assert reported.body == b""


def test_a_body_has_its_true_length_whatever_the_headers_said() -> None:
    lying = StompFrame("SEND", (("content-length", "1"), ("a", "b")), "열\0쇠".encode())
    assert encode(lying, V12) == b"SEND\ncontent-length:7\na:b\n\n" + lying.body + b"\0"
    assert received(encode(lying, V12)).body == lying.body


def test_a_frame_without_a_body_has_no_length() -> None:
    assert encode(StompFrame("SEND", (("content-length", "9"),)), V12) == b"SEND\n\n\0"


def test_of_repeated_headers_the_first_counts() -> None:
    repeated = received(b"SEND\nfoo:first\nfoo:second\nbar:x\n\n\0")
    assert repeated.get("foo") == "first"
    assert repeated.get("baz") is None
    assert repeated.fields() == {"foo": "first", "bar": "x"}


def test_lone_surrogates_become_question_marks() -> None:
    assert encode(StompFrame("ERROR", (("message", "\ud800"),)), V12) == b"ERROR\nmessage:?\n\n\0"


def test_a_frame_keeps_its_headers_out_of_logs() -> None:
    assert "s3cret" not in repr(StompFrame("CONNECT", (("passcode", "s3cret"),)))


HEADERS = st.lists(
    st.tuples(st.text(min_size=1, max_size=20), st.text(max_size=40)), max_size=10
).filter(lambda headers: all("content-length" not in name for name, _ in headers))


@pytest.mark.parametrize("version", ALL)
@given(headers=HEADERS, body=st.binary(max_size=200))
def test_what_was_written_is_read_again(
    version: Version, headers: list[tuple[str, str]], body: bytes
) -> None:
    reported = received(encode(StompFrame("MESSAGE", tuple(headers), body), version), version)
    named = [
        (as_written(name.replace(":", " ") if version is V10 else name, version), value)
        for name, value in headers
    ]
    expected = [(name, as_written(value, version)) for name, value in named if name]
    assert [pair for pair in reported.headers if pair[0] != "content-length"] == expected
    assert reported.body == body
