"""Every word that a document shows is in its text, and is found when searched for by itself."""

from html import escape
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.assistant.documents import limits
from chat.assistant.documents.formats import Format
from chat.assistant.documents.parsers import html, markdown, plain
from chat.assistant.documents.parsers.blocks import ParsedDocument
from chat.assistant.documents.parsers.reader import read_document
from chat.assistant.documents.splitter import split
from chat.assistant.retrieval.analyser import query_terms, words
from tests.chat.assistant import library

pytestmark = pytest.mark.once


def blocks(parsed: ParsedDocument) -> list[tuple[str, str]]:
    return [
        (" > ".join(block.headings), parsed.text[block.start : block.end])
        for block in parsed.blocks
    ]


def passages(parsed: ParsedDocument) -> list[str]:
    """What is searched of each passage."""
    return [
        "\n".join((limits.PLACE_SEPARATOR.join(piece.headings), piece.text_in(parsed.text)))
        for piece in split(parsed)
    ]


# --- one by one ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("## BELLWIRE_LOG_KEEP_EVENTS\nx", [("BELLWIRE_LOG_KEEP_EVENTS", "x")]),
        ("## `--max_size` and *more*\nx", [("--max_size and more", "x")]),
        ("## ![Diagram](a.png) [Guide](b) &amp; <b>co</b>\nx", [("Diagram Guide & co", "x")]),
        ("A\\_LONG\\_NAME and caf&eacute;", [("", "A_LONG_NAME and café")]),
        ("`A\\_B` &lt;b&gt;", [("", "`A\\_B` &lt;b&gt;")]),
        ("# A\n## Empty\n## B\nx", [("A > Empty", "## Empty"), ("A > B", "x")]),
        ("[^1]: 7일\n", [("", "[^1]: 7일")]),
        ("[a]: b 'The title'\n", [("", "[a]: b 'The title'")]),
        ("- a\n  - b\n\n    c", [("", "- a"), ("", "  - b"), ("", "    c")]),
        ("> > - quoted\n", [("", "> > - quoted")]),
        ("> " * 40 + "deep", [("", "> " * 40 + "deep")]),
        ("```\n a  b\n\n  c\n```", [("", "```\n a  b\n\n  c\n```")]),
        ("    a  b\n      c", [("", "    a  b\n      c")]),
        ("Term\n: Meaning", [("", "Term\n: Meaning")]),
        ("---\nNo *metadata*\n---\nx", [("No metadata", "x")]),
        (
            "<details><summary>More</summary>\n\n**in**\n\n</details>",
            [("", "More"), ("", "**in**")],
        ),
        ("<!-- gone -->\n<div hidden>gone</div>\n\nx", [("", "x")]),
        ("<table><tr><td>\n<p>a</p></td><td>b</td></tr></table>", [("", "a | b")]),
        ("<h2 align=center>Part</h2>\n\nx", [("Part", "x")]),
        ("<script>alert(1)</script>", [("", "<script>alert(1)</script>")]),
    ],
)
def test_markdown_keeps(source: str, expected: list[tuple[str, str]]) -> None:
    assert blocks(markdown.read(source)) == expected


@pytest.mark.parametrize(
    ("front", "title"),
    [
        ("title: >-\n  Annual\n  leave", "Annual leave"),
        ("title: |\n  Annual\n  leave", "Annual leave"),
        ("title: 'It''s leave'", "It's leave"),
        ('title: "Leave: \\u00e9"', "Leave: é"),
        ("tags: [a, b]\nTitle: Leave # a comment", "Leave"),
        ("title: Leave: how to take it", "Leave: how to take it"),
        ("title: 2024-01-01", "2024-01-01"),
        ("title: yes", "yes"),
        ("title: [a, b]", ""),
        ("title:", ""),
        ("a: &x [1]\nb: *x\ntitle: Leave", "Leave"),
    ],
)
def test_title_of_front_matter_is_yaml(front: str, title: str) -> None:
    parsed = markdown.read(f"---\n{front}\n---\ntext")
    assert parsed.title == title
    assert blocks(parsed) == [("", "text")]


def test_title_of_front_matter_may_be_toml() -> None:
    parsed = markdown.read('+++\ntitle = "Leave"\n+++\ntext')
    assert (parsed.title, blocks(parsed)) == ("Leave", [("", "text")])


@pytest.mark.parametrize(
    "front",
    [
        "a: &a [x, x]\n"
        + "".join(f"{c}: &{c} [*{p}, *{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)),
        "<<: &a {x: 1}\n" * 200,
        "[" * 5_000,
        "{a: " * 3_000,
        "a: !!python/object/apply:os.system [ls]",
    ],
    ids=lambda value: value[:10],
)
def test_front_matter_made_to_hurt_is_passed_over(front: str) -> None:
    assert "text" in markdown.read(f"---\n{front}\n---\ntext").text


NUMBERED = ["7. a", "8. b", "3. c", "4. d"]
COUNTED_DOWN = ["10. a", "4. b", "3. c"]
ROMAN_IN_LETTERS = [("", "A. a"), ("", "  iv. b"), ("", "  5. c")]
ROMAN_AND_ZERO = [("", "MCMXCIV. a"), ("", "0. b")]
PAGES: list[tuple[str, list[tuple[str, str]]]] = [
    (
        "<table><tr><td><p>Name<td><p>Days</p><tr><td><p>Leave<td><p>25</p><p>a year</table>",
        [("", "Name | Days\nLeave | 25 a year")],
    ),
    (
        "<ul><li><p>first</p></li><li><div>second</div></li></ul>",
        [("", "- first"), ("", "- second")],
    ),
    ("<ol start=3><li><p>a<li>b</ol>", [("", "3. a"), ("", "4. b")]),
    ("<ol start=' -1 '><li>a<li>b<li>c</ol>", [("", "-1. a"), ("", "0. b"), ("", "1. c")]),
    ("<ol start=x><li>a</ol><ol start=99999999999><li>b</ol>", [("", "1. a"), ("", "1. b")]),
    ("<ol><li value=7>a<li>b<li value=3>c<li>d</ol>", [("", text) for text in NUMBERED]),
    ("<ol><li>a<li value=0>b<li value=+5px>c</ol>", [("", "1. a"), ("", "0. b"), ("", "5. c")]),
    ("<ul><li value=7>a</ul><li value=7>b", [("", "- a"), ("", "- b")]),
    ("<ol reversed><li>a<li>b<li>c</ol>", [("", "3. a"), ("", "2. b"), ("", "1. c")]),
    ("<ol reversed start=10><li>a<li value=4>b<li>c</ol>", [("", text) for text in COUNTED_DOWN]),
    ("<ol type=a start=26><li>a<li>b</ol>", [("", "z. a"), ("", "aa. b")]),
    ("<ol type=A><li>a<ol type=i start=4><li>b<li type=1>c</ol></ol>", ROMAN_IN_LETTERS),
    ("<ol type=I start=1994><li>a</ol><ol type=I start=0><li>b</ol>", ROMAN_AND_ZERO),
    (
        "<ol><li>a<ol><li>b</ol><li>c<ul><li>d</ul><li>e</ol>",
        [("", "1. a"), ("", "  1. b"), ("", "2. c"), ("", "  - d"), ("", "3. e")],
    ),
    ("<ul><li>a<ul><li><p>b</ul></ul>", [("", "- a"), ("", "  - b")]),
    ("<form><input type=hidden value=gone><h1>A</h1><p>b</form>", [("A", "b")]),
    (
        "<p>a<form>b<button>Save</button><select><option>One<option>Two</select></form>",
        [("", "a"), ("", "b Save One Two")],
    ),
    ("<p>un&shy;be&#8203;liev<wbr>able <b>bo</b>ld", [("", "unbelievable bold")]),
    ("<h2>A <div>b</div><br>c</h2><p>d", [("A b c", "d")]),
    ("<h2>Empty</h2><h2>B</h2>x", [("Empty", "Empty"), ("B", "x")]),
    ("<p hidden>gone<p style='color:red;display : none'>gone<p>a", [("", "a")]),
    (
        "<template>gone</template><noscript>gone</noscript><script>gone</script><dialog>gone</dialog>a",
        [("", "a")],
    ),
    ("<details><summary>A</summary>b</details>", [("", "A"), ("", "b")]),
    ("<pre>a\n  b\n\n c</pre>", [("", "a\n  b\n\n c")]),
    ("<dl><dt>A<dd>b</dl>", [("", "A"), ("", "b")]),
    ("<p>a<img alt='Chart' src=x>b <svg><text>Label</text></svg>", [("", "a Chart b Label")]),
    ("<a href=x>문서</a>를 R&amp;D caf&eacute; &lt;b&gt;", [("", "문서를 R&D café <b>")]),
    ("<ruby>漢<rt>かん</rt>字<rt>じ</rt></ruby>を", [("", "漢字(かんじ)を")]),
    ("<my-card>a</my-card><blink>b</blink>", [("", "ab")]),
    ("<table><tr><td><h1>A</h1><p>b</p><p>c</table>", [("A", "b"), ("A", "c")]),
    ("<table><tr><td><table><tr><td>a<td>b</table><td>c</table>", [("", "a | b"), ("", "c")]),
    (
        "<table><caption>A</caption><tr><th>b<th>c<tr><td>d<td></table>",
        [("", "A"), ("", "b | c\nd")],
    ),
]


@pytest.mark.parametrize(("source", "expected"), PAGES, ids=lambda value: str(value)[:20])
def test_html_keeps(source: str, expected: list[tuple[str, str]]) -> None:
    parsed = html.read(source)
    assert blocks(parsed) == expected
    assert all(heading in parsed.text for block in parsed.blocks for heading in block.headings)


def test_page_is_read_in_the_child_process_as_here() -> None:
    for source, expected in PAGES[:2]:
        assert blocks(read_document(source.encode(), Format.HTML)) == expected


ROWS = [f"Item {n} | {n} days | Approved by the head of department {n}" for n in range(60)]


@pytest.mark.parametrize(
    "parsed",
    [
        html.read(
            "<h1>T</h1><table><tr><th>Name<th>Days<th>Who"
            + "".join(f"<tr><td>{'<td>'.join(row.split(' | '))}" for row in ROWS)
            + "</table>"
        ),
        markdown.read("# T\n| Name | Days | Who |\n|--|--|--|\n" + "\n".join(ROWS)),
    ],
    ids=["html", "markdown"],
)
def test_header_of_a_long_table_is_repeated(parsed: ParsedDocument) -> None:
    pieces = [piece.text_in(parsed.text) for piece in split(parsed)]
    assert len(pieces) > 3
    for piece in pieces:
        assert len(piece) <= limits.CHUNK_CHARS
        assert "Name | Days | Who" in piece.split("\n")[0]
        assert all(line.strip() in ROWS for line in piece.split("\n") if line.startswith("Item"))
    assert {row for row in ROWS if any(row in piece for piece in pieces)} == set(ROWS)


def test_word_that_is_cut_is_found() -> None:
    text = "".join(chr(0x4E00 + n) for n in range(3_000))
    found = {word for passage in passages(plain.read(text)) for word in words(passage)}
    assert set(words(text)) <= found


def test_long_headings_are_found() -> None:
    names = [f"heading{n} " + "word " * 50 + f"end{n}" for n in range(1, 5)]
    for source, read in (
        ("".join(f"<h{n}>{name}</h{n}>" for n, name in enumerate(names, 1)) + "<p>a", html.read),
        ("\n".join("#" * n + " " + name for n, name in enumerate(names, 1)) + "\na", markdown.read),
    ):
        found = {word for passage in passages(read(source)) for word in words(passage)}
        assert {f"end{n}" for n in range(1, 5)} <= found


# --- all at once ---------------------------------------------------------------------------------

LETTERS = "abcdefghijklmnopqrstuvwxyzABCXYZ0123456789éßñ가나다라휴가연차年次休暇тест"
WORD = st.one_of(
    st.text(LETTERS, min_size=2, max_size=10),
    st.sampled_from(
        ["LOG_KEEP_EVENTS", "maxFrameBytes", "--dry-run", "v2.3.1", "연차휴가를", "about"]
    ),
)
LINE = st.lists(WORD, min_size=1, max_size=6)


@st.composite
def markdown_of(draw: st.DrawFn) -> tuple[str, list[str]]:
    parts, shown = [], []
    for _ in range(draw(st.integers(1, 6))):
        line = draw(LINE)
        shape = draw(st.sampled_from(MARKDOWN_SHAPES))
        parts.append(shape(line))
        shown += line
    return "# Document\n\nIntroduction\n\n" + "\n\n".join(parts), shown


MARKDOWN_SHAPES: list[Any] = [
    " ".join,
    lambda line: "## " + " ".join(line),
    lambda line: " ".join(line) + "\n----",
    lambda line: "\n".join(f"- {word}" for word in line),
    lambda line: "\n".join(f"{'  ' * n}- **{word}**" for n, word in enumerate(line)),
    lambda line: "\n".join(f"{n}. [{word}](http://x/{n})" for n, word in enumerate(line, 1)),
    lambda line: "> " + "\n> ".join(line),
    lambda line: "```\n" + "\n  ".join(line) + "\n```",
    lambda line: "| a | b |\n|---|---|\n" + "\n".join(f"| {word} | x |" for word in line),
    lambda line: "[^1]: " + " ".join(line),
    lambda line: "- " + "\n\n  ".join(line),
    lambda line: f"![{' '.join(line)}](x.png)",
    lambda line: "<div><p>" + "</p><p>".join(line) + "</p></div>",
    lambda line: (
        "<details><summary>" + line[0] + "</summary>\n\n" + " ".join(line) + "\n\n</details>"
    ),
]
HTML_SHAPES: list[Any] = [
    lambda line: f"<p>{' '.join(line)}</p>",
    lambda line: f"<h2>{' '.join(line)}</h2>",
    lambda line: "<ul><li><p>" + "</p></li><li>".join(line) + "</ul>",
    lambda line: "<ul><li>" + "<ul><li>".join(line) + "</ul>" * len(line),
    lambda line: "<table><tr><td><p>" + "</p></td><td><p>".join(line) + "</table>",
    lambda line: "<table>" + "".join(f"<tr><th>{word}<td>x" for word in line) + "</table>",
    lambda line: "<table><tr><td>" + "<table><tr><td>".join(line) + "</table>" * len(line),
    lambda line: "<form><fieldset><legend>" + " ".join(line) + "</legend></form>",
    lambda line: "<dl>" + "".join(f"<dt>{word}<dd>{word}" for word in line) + "</dl>",
    lambda line: "<blockquote>" + "<br>".join(line),
    lambda line: "<pre>" + "\n".join(line) + "</pre>",
    lambda line: "<details><summary>" + "</summary><p>".join(line) + "</details>",
    lambda line: f"<img alt='{' '.join(line)}'>",
    lambda line: "<p>" + " ".join(f"<b>{word[:1]}</b>{word[1:]}" for word in line),
    lambda line: "<p>" + " ".join("&shy;".join(word) for word in line),
    lambda line: (
        "<x-element>" + " ".join(f"&#{ord(word[0])};{word[1:]}" for word in line) + "</x-element>"
    ),
    lambda line: "<div><h3>" + " ".join(line) + "</div><section><article>" + line[0],
]


@st.composite
def html_of(draw: st.DrawFn) -> tuple[str, list[str]]:
    parts, shown = [], []
    for _ in range(draw(st.integers(1, 6))):
        line = draw(LINE)
        parts.append(draw(st.sampled_from(HTML_SHAPES))(line))
        shown += line
    return "<h1>Document</h1><p>Introduction\n" + "\n".join(parts), shown


def assert_nothing_is_lost(parsed: ParsedDocument, shown: list[str]) -> None:
    searched = [set(words(passage)) for passage in passages(parsed)]
    for word in shown:
        assert word in parsed.text
        wanted = set(query_terms(word))
        assert not wanted or any(wanted <= passage for passage in searched), word


SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SETTINGS
@given(markdown_of())
def test_no_word_of_markdown_is_lost(document: tuple[str, list[str]]) -> None:
    assert_nothing_is_lost(markdown.read(document[0]), document[1])


@SETTINGS
@given(html_of())
def test_no_word_of_html_is_lost(document: tuple[str, list[str]]) -> None:
    assert_nothing_is_lost(html.read(document[0]), document[1])


@SETTINGS
@given(st.lists(LINE, min_size=1, max_size=30))
def test_no_word_of_text_is_lost(lines: list[list[str]]) -> None:
    text = "\n\n".join(" ".join(line) for line in lines)
    assert_nothing_is_lost(plain.read(text), [word for line in lines for word in line])


@settings(max_examples=5, deadline=None)
@given(
    st.lists(
        st.lists(st.text("abcdefgXYZ_0123456789", min_size=2, max_size=9), min_size=1),
        min_size=1,
        max_size=4,
    )
)
def test_no_word_of_a_pdf_is_lost(pages: list[list[str]]) -> None:
    data = library.pdf(*("\n".join(page) for page in pages))
    assert_nothing_is_lost(
        read_document(data, Format.PDF), [word for page in pages for word in page]
    )


def test_escaped_text_is_shown_as_it_is() -> None:
    text = "if a < b && c: print('<b>&amp;</b>')"
    assert html.read(f"<pre>{escape(text)}</pre>").text == text
