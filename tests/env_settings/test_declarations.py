"""Declared settings: where values come from, what is refused, and that the object is frozen."""

from collections.abc import Mapping
from dataclasses import FrozenInstanceError, dataclass
from typing import Any, cast

import pytest
from django.conf import settings as django_settings
from django.core.signals import setting_changed
from django.test import override_settings
from pytest_django import Settings

from env_settings import Declared, SettingError, declare, load_all, setting


def _starts_with_letter(value: str) -> None:
    if not value[:1].isalpha():
        raise ValueError("expected a letter first")


@dataclass(frozen=True)
class Ovens:
    """How cakes are baked."""

    oven_count: int = setting(2, "ovens", "how many there are", least=1, most=9)
    oven_heat_s: float = setting(1.5, "s", "how long one heats up")
    oven_is_open: bool = setting(True, "", "whether anybody may use them")
    oven_name: str = setting("oven", "", "its name", env="OVEN", check=_starts_with_letter)
    oven_kind: str = setting("gas", "", "what heats it", choices=("gas", "wood"))
    oven_owners: tuple[str, ...] = setting((), "", "whose they are", project_name="OWNERS")
    oven_rules: Mapping[str, Any] = setting({}, "", "JSON: rules")
    oven_shifts: int = setting(1, "shifts", "more while developing", development=10)
    oven_key: str = setting("", "", "opens them", is_secret=True)


@pytest.fixture
def ovens(monkeypatch: pytest.MonkeyPatch) -> Declared[Ovens]:
    monkeypatch.delenv("DEBUG", raising=False)
    return declare(Ovens, django_settings, setting_changed)


def test_default_is_in_force_without_environment_and_project(ovens: Declared[Ovens]) -> None:
    assert ovens() == Ovens()
    assert (ovens().oven_count, ovens().oven_heat_s, ovens().oven_rules) == (2, 1.5, {})


def test_environment_comes_before_the_default(
    ovens: Declared[Ovens], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in {
        "BELLWIRE_OVEN_COUNT": "3",
        "BELLWIRE_OVEN_HEAT_S": "0.25",
        "BELLWIRE_OVEN_IS_OPEN": "off",
        "OVEN": "Bertha",
        "BELLWIRE_OVEN_KIND": "wood",
        "BELLWIRE_OVEN_OWNERS": "ann,,bob",
        "BELLWIRE_OVEN_RULES": '{"a": 1}',
        "BELLWIRE_OVEN_SHIFTS": "4",
        "BELLWIRE_OVEN_KEY": "k",
    }.items():
        monkeypatch.setenv(name, text)
    assert ovens() == Ovens(3, 0.25, False, "Bertha", "wood", ("ann", "bob"), {"a": 1}, 4, "k")


def test_override_comes_before_the_environment_and_ends(
    ovens: Declared[Ovens], monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setenv("BELLWIRE_OVEN_COUNT", "3")
    with override_settings(BELLWIRE_OVEN_COUNT=7, OWNERS=("ann",)):
        assert (ovens().oven_count, ovens().oven_owners) == (7, ("ann",))
        # The module of Django's settings asks before these exist.
        assert ovens.environment().oven_count == 3
    assert (ovens().oven_count, ovens().oven_owners) == (3, ())
    settings.BELLWIRE_OVEN_COUNT = 8
    assert ovens().oven_count == 8


def test_environment_is_read_once(ovens: Declared[Ovens], monkeypatch: pytest.MonkeyPatch) -> None:
    kept = ovens()
    monkeypatch.setenv("BELLWIRE_OVEN_COUNT", "3")
    assert ovens() is kept
    load_all(ovens)
    assert ovens().oven_count == 3


def test_object_is_frozen(ovens: Declared[Ovens]) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(ovens(), "oven_count", 3)  # noqa: B010 - mypy knows that it is frozen
    with pytest.raises(TypeError):
        cast(dict[str, int], ovens().oven_rules)["a"] = 1


def test_secret_is_not_in_the_repr(ovens: Declared[Ovens], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELLWIRE_OVEN_KEY", "hunter2")
    assert ovens().oven_key == "hunter2"
    assert "hunter2" not in repr(ovens())


def test_development_has_a_default_of_its_own(
    ovens: Declared[Ovens], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ovens().oven_shifts == 1
    monkeypatch.setenv("DEBUG", "1")
    load_all(ovens)
    assert ovens().oven_shifts == 10


def test_project_may_give_another_default(
    ovens: Declared[Ovens], monkeypatch: pytest.MonkeyPatch
) -> None:
    ovens.set_defaults(oven_count=5)
    assert ovens().oven_count == 5
    monkeypatch.setenv("BELLWIRE_OVEN_COUNT", "3")
    load_all(ovens)
    assert ovens().oven_count == 3
    with pytest.raises(TypeError, match="cake_count"):
        ovens.set_defaults(cake_count=1)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("BELLWIRE_OVEN_COUNT", "three", "a whole number from 1 to 9 (ovens), got 'three'"),
        ("BELLWIRE_OVEN_COUNT", "2.5", "a whole number from 1 to 9 (ovens), got '2.5'"),
        ("BELLWIRE_OVEN_COUNT", "", "a whole number from 1 to 9 (ovens), got ''"),
        ("BELLWIRE_OVEN_COUNT", "0", "a whole number from 1 to 9 (ovens), got '0'"),
        ("BELLWIRE_OVEN_COUNT", "10", "a whole number from 1 to 9 (ovens), got '10'"),
        ("BELLWIRE_OVEN_HEAT_S", "soon", "a number from 0 to 315360000 (s), got 'soon'"),
        ("BELLWIRE_OVEN_HEAT_S", "nan", "a number from 0 to 315360000 (s), got 'nan'"),
        ("BELLWIRE_OVEN_HEAT_S", "inf", "a number from 0 to 315360000 (s), got 'inf'"),
        ("BELLWIRE_OVEN_HEAT_S", "-1", "a number from 0 to 315360000 (s), got '-1'"),
        ("BELLWIRE_OVEN_IS_OPEN", "maybe", "on or off, got 'maybe'"),
        ("BELLWIRE_OVEN_KIND", "coal", "gas or wood, got 'coal'"),
        ("OVEN", "1", "a letter first"),
        ("BELLWIRE_OVEN_RULES", "{", "a JSON object: "),
        ("BELLWIRE_OVEN_RULES", "[]", "a JSON object, got '[]'"),
    ],
)
def test_bad_value_is_refused_with_its_variable_and_what_is_expected(
    ovens: Declared[Ovens], monkeypatch: pytest.MonkeyPatch, name: str, text: str, expected: str
) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(SettingError) as refusal:
        load_all(ovens)
    assert str(refusal.value).startswith(f"{name}: expected {expected}")


def test_all_bad_values_are_named_at_once(
    ovens: Declared[Ovens], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELLWIRE_OVEN_COUNT", "x")
    monkeypatch.setenv("BELLWIRE_OVEN_HEAT_S", "y")
    with pytest.raises(SettingError, match=r"BELLWIRE_OVEN_COUNT: .*; BELLWIRE_OVEN_HEAT_S: "):
        load_all(ovens)
