"""Every way to write a name is the same name, and no other."""

import sys
import unicodedata
from itertools import pairwise
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.text.vectors import VECTORS
from text.graphemes import graphemes
from text.names import (
    KEY_CHARS,
    fold,
    fold_for_search,
    key_of,
    keys_of_prefixes,
    other_forms,
)

FORMS: Final = ("NFC", "NFD", "NFKC", "NFKD")


@pytest.mark.parametrize("spellings", VECTORS["same_name"], ids=ascii)
def test_fold_is_the_same_for_every_spelling(spellings: list[str]) -> None:
    for one, other in pairwise(spellings):
        assert fold(one) == fold(other)


@pytest.mark.parametrize("names", VECTORS["other_name"], ids=ascii)
def test_fold_tells_names_apart(names: list[str]) -> None:
    assert len(set(map(fold, names))) == len(names)


def test_fold_of_every_character_is_its_own_fold() -> None:
    odd = [
        code
        for code in range(sys.maxunicode + 1)
        if not 0xD800 <= code < 0xE000 and fold(fold(chr(code))) != fold(chr(code))
    ]
    assert odd == []


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40))
def test_fold_is_the_same_for_every_normal_form(name: str) -> None:
    folded = fold(name)
    assert fold(folded) == folded
    for form in FORMS:
        assert fold(unicodedata.normalize(form, name)) == folded
    assert len(key_of(name)) <= KEY_CHARS


def test_key_of_long_names_tells_them_apart() -> None:
    one, other = "\ufdfa" * 150, "\ufdfa" * 149 + "a"
    assert key_of(one) != key_of(other)
    assert key_of(one) == key_of(unicodedata.normalize("NFKD", one))
    assert len(key_of(one).encode()) <= 2_700


def test_search_takes_a_dotless_i_for_its_capital() -> None:
    assert fold_for_search("ışık") == fold_for_search("IŞIK") != fold("ışık")


def test_other_forms_of_a_password_begin_with_its_normal_form() -> None:
    assert other_forms("plain") == ["plain"]
    assert other_forms("비밀") == ["비밀", unicodedata.normalize("NFD", "비밀")]
    assert other_forms("①é")[0] == "1é"


@given(
    st.text(
        "abiIİ가각ㄱㅏㄴﾡ\u1100\u1161\u11a8e\u0301\u0323\u0345α\u200b\u3164\u0307ßﬁﾊﾞ㌀한क\u094d🇰👨\u200d",
        max_size=14,
    )
)
def test_keys_of_prefixes_are_those_of_each_prefix(text: str) -> None:
    parts = list(graphemes(text))
    prefixes = ["".join(parts[: end + 1]) for end in range(len(parts))]
    assert list(keys_of_prefixes(parts)) == [key_of(prefix) for prefix in prefixes]


def test_keys_of_prefixes_end_in_front_of_a_pile_of_marks() -> None:
    assert list(keys_of_prefixes(["a", "e" + "\u0301" * 40, "b"])) == ["a"]
