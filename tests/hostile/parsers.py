"""What reads text from outside without a single pattern, or with several: each as one function.

Beside each stand the parts that hostile texts are made of. Whoever writes another reader of outside
text adds it here.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from django.http import parse_cookie
from django.utils import translation
from rest_framework.serializers import ValidationError

from chat.assistant.documents.parsers import html, markdown, plain
from chat.assistant.documents.parsers.errors import ParserFault
from chat.assistant.documents.splitter import split
from chat.assistant.retrieval.analyser import query_terms, words
from chat.assistant.retrieval.snippets import snippet
from chat.rooms.limits import MENTIONS
from config import logs
from notifications.api.fields import DataField
from realtime.protocol.errors import CommandError
from realtime.protocol.frames import Frame
from realtime.protocol.messages import Topic
from realtime.protocols.json.codec import JSON_CODEC
from realtime.protocols.stomp.codec.errors import StompError
from realtime.protocols.stomp.codec.parser import Parser
from realtime.registries.stream_views import parse_since
from realtime.transports.sockjs import framing
from text.graphemes import shorten
from text.mentions import candidates
from text.names import fold
from text.visible import is_visible


@dataclass(frozen=True, slots=True)
class Reader:
    """A function of a text, and the parts of the texts that it is given."""

    name: str
    read: Callable[[str], object]
    parts: tuple[str, ...]


def _record(text: str) -> object:
    return logs.cut_and_redact(None, "", {"event": text, "exception": text, "fields": [text] * 9})


def _stomp(text: str) -> None:
    _frames(Parser(), [text.encode()])


def _stomp_in_bytes(text: str) -> None:
    data = text.encode()
    _frames(Parser(), [data[at : at + 1] for at in range(len(data))])


def _frames(parser: Parser, pieces: list[bytes]) -> None:
    try:
        for piece in pieces:
            parser.feed(piece)
            while parser.next_frame() is not None:
                pass
    except StompError:
        pass


def _json_command(text: str) -> None:
    for payload in (text, json.dumps({"type": "subscribe", "data": {"topic": text}})):
        with suppress(CommandError):
            JSON_CODEC.decode(payload.encode())


def _sockjs(text: str) -> None:
    for payload in (text, json.dumps([text])):
        try:
            for message in framing.decode(payload.encode()):
                framing.array_of(Frame(message))
        except framing.PayloadError:
            pass


def _since(text: str) -> None:
    with suppress(ValueError):
        parse_since(text, [Topic("users/1"), Topic("broadcast")])


def _routing(text: str) -> None:
    field = DataField()
    for path in (text, f"/{text}", f"https://{text}"):
        with suppress(ValidationError):
            field.run_validation({"routing": {"path": path}})


def _split_markdown(text: str) -> None:
    split(markdown.read(text))


def _split_text(text: str) -> None:
    split(plain.read(text))


def _split_html(text: str) -> None:
    with suppress(ParserFault):
        split(html.read(text))


def _snippet(text: str) -> None:
    # What is short is shown as it is.
    snippet("word " * 50 + text, text)


def _cookie(text: str) -> None:
    parse_cookie(f'a="{text}"; b={text}')


LETTERS = ("a", " ", "가", "1", ",")
MARKS = ("\u0315", "\u0300", "\U0001e8d0", "\u0915\u094d")
MARKDOWN = tuple("#=-[]*_`|> \t\n") + (
    *("# a\n", "---\n", "```\n", "~~~", "- ", "](", "![a](b)", "title:", "a\n===\n", "1. "),
)
HTML = (
    *("<p>", "<b>", "</b>", "<div>", "<!--", "<a ", "a=1 ", "'", "&", "&amp;", "&#", "<table>"),
    *("<td>", "<h1>a</h1>", "<h2>", "<pre>", "<br>", " ", "x", "<li>", "<svg>"),
)
STOMP = ("\n", "\r", "\0", ":", "a", "\\", "SEND\n", "a:b\n", "content-length:9", "SEND\n\na\0")
QUOTES = ("\\", '"', "\\1", "\\101", ";", "=", " ", "a")

READERS = [
    Reader(
        "log record", _record, ("?", "%", "&", "=", "eyJ", "a.", "Bearer ", "\n", "token=", "bw_")
    ),
    Reader("words", words, (*LETTERS, *MARKS, "'s", "\ufdfa")),
    Reader("query_terms", query_terms, (*LETTERS, *MARKS, "은")),
    Reader("snippet", _snippet, ("a", " ", "가", *MARKS[:2])),
    Reader(
        "mentions",
        lambda text: list(candidates(text, MENTIONS)),
        ("@", "a", ".", "가", " ", "+", "`", "\n", "~~~", "www.", "/", "://", *MARKS, "\u200b"),
    ),
    Reader("fold", fold, (*LETTERS, *MARKS, "\ufdfa", "\u200b", "İ")),
    Reader("visible", is_visible, (" ", "\u3164", "\u2800", "\u0301", *MARKS)),
    Reader(
        "graphemes",
        lambda text: shorten(text, len(text) - 1),
        ("a", "🇰", "👨\u200d", "e\u0301", "ᄀ", *MARKS, "\r", "\u0600", "🏽"),
    ),
    Reader("Markdown", _split_markdown, MARKDOWN),
    Reader("plain text", _split_text, (*LETTERS, ".", "\r", "a\n\n", ")", " \n", "\x85")),
    Reader("HTML", _split_html, HTML),
    Reader("STOMP", _stomp, STOMP),
    Reader("STOMP in single bytes", _stomp_in_bytes, STOMP),
    Reader(
        "JSON command", _json_command, ("[", "{", '"', "\\", '{"a":', "1", "]", ",", "-", "\\u0000")
    ),
    Reader("SockJS", _sockjs, ("[", '"', "\\", '["a"]', "1", ",", "\u200c", "{", '"a",', "-")),
    Reader("position", _since, (";", ":", "1", "a", "a:1;")),
    Reader("routing", _routing, ("/", "\\", ":", "[", "a", "@", "%", " ", ".")),
    Reader("cookie", _cookie, QUOTES),
    Reader("language", translation.get_language_from_path, ("/", "-", "en", "ko-")),
]
