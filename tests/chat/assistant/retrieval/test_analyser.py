"""One analyser for every language; what it makes of a text is safe in both databases' queries."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.assistant.documents.models import TERM_CHARS
from chat.assistant.retrieval.analyser import query_terms, words
from chat.assistant.retrieval.stemming import stem

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Annual LEAVE", "annual leav"),
        ("연차휴가는 15일", "연차 차휴 휴가 가는 15 일"),
        ("API를 LLM_BASE_URL", "api 를 llm bas url"),
        ("휴 가", "휴 가"),
        ("株式会社トヨタ", "株式 式会 会社 社ト トヨ ヨタ"),
        ("ภาษาไทย", "ภา าษ ษา าไ ไท ทย"),
        ("ｆｕｌｌ　ｗｉｄｔｈ ①", "full width 1"),
        ("1,000,000 and 1,5", "1000000 and 1 5"),
        ("the employee's don’t", "the employe don"),
        ("हिन्दी", "हिन्दी"),
        ("Straße", "straße"),
        ("\x00 \ud800 !? 😀", ""),
    ],
)
def test_text_becomes_words(text: str, found: str) -> None:
    assert " ".join(words(text)) == found


def test_composed_and_decomposed_hangul_are_the_same() -> None:
    assert words(unicodedata.normalize("NFD", "연차휴가")) == words("연차휴가")


@pytest.mark.parametrize(
    "forms",
    [
        ["holiday", "holidays"],
        ["policy", "policies"],
        ["make", "makes", "making"],
        ["stop", "stops", "stopped", "stopping"],
        ["call", "calls", "called", "calling"],
        ["expense", "expenses", "expensed"],
        ["box", "boxes"],
        ["process", "processes", "processing"],
    ],
)
def test_the_forms_of_an_english_word_are_one(forms: list[str]) -> None:
    assert len({stem(form) for form in forms}) == 1


@pytest.mark.parametrize(("one", "other"), [("bus", "bu"), ("this", "thi"), ("ring", "r")])
def test_what_only_looks_like_an_ending_stays(one: str, other: str) -> None:
    assert stem(one) != other


def test_a_question_is_left_with_what_it_is_about() -> None:
    assert query_terms("How many days of leave do I get? And leave?") == ["mani", "day", "leav"]
    assert query_terms("연차휴가는 어떻게 신청하나요?") == ["연차", "차휴", "휴가", "신청", "청하"]
    assert query_terms("What is it?") == []


@given(st.text())
def test_words_hold_nothing_that_a_query_could_mistake(text: str) -> None:
    for word in words(text):
        assert 0 < len(word) <= TERM_CHARS
        # Cn: letters that are younger than this Python.
        kinds = {unicodedata.category(character) for character in word}
        assert all(kind[0] in "LNM" or kind == "Cn" for kind in kinds)
    assert set(query_terms(text)) <= set(words(text)) | {
        word[:size] for word in words(text) for size in (1, 2)
    }


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Set BELLWIRE_LOG_KEEP_EVENTS로 정합니다", "BELLWIRE_LOG_KEEP_EVENTS"),
        ("the field maxFrameBytes holds", "max frame bytes"),
        ("the field maxFrameBytes holds", "maxframebytes"),
        ("`--dry-run` of v2.3.1", "--dry-run"),
        ("`--dry-run` of v2.3.1", "v2.3.1"),
        ("realtime.log.event_log.append", "realtime.log.event_log.append"),
        ("un**believ**able", "unbelievable"),
        ("un\u00adbe\u200bliev\u2060able", "unbelievable"),
        ("연차휴가를", "연차휴가"),
        ("이것은 책입니다", "책입니다"),
        ("the word about", "about"),
        ("우리", "우리"),
    ],
)
def test_word_is_found_when_it_is_searched_for_by_itself(text: str, question: str) -> None:
    wanted = query_terms(question)
    assert wanted
    assert set(wanted) <= set(words(text)) | {"책"}
