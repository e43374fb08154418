"""Origins and patterns of origins, as texts."""

import pytest

from accounts.credentials.origins import is_allowed, refuse_bad_origins

pytestmark = pytest.mark.once

ALLOWED = ("https://shop.example", "https://*.example.com", "http://*.lan.example:8080")


@pytest.mark.parametrize(
    "origin",
    [
        "https://shop.example",
        "https://SHOP.example:443",
        "https://a.example.com",
        "https://a.b.c.example.com",
        "https://A.Example.com:443",
        "https://xn--bcher-kva.example.com",
        "http://pc.lan.example:8080",
    ],
)
def test_what_fits_is_allowed(origin: str) -> None:
    assert is_allowed(origin, ALLOWED)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "https://example.com",
        "https://.example.com",
        "https://..example.com",
        "https://a..example.com",
        "https://evilexample.com",
        "https://example.com.evil",
        "https://a.example.com.evil",
        "https://a.example.com.",
        "https://evil/.example.com",
        "https://evil#.example.com",
        "https://evil?.example.com",
        "https://evil\\.example.com",
        "https://evil:1@a.example.com",
        "https://evil.example:80.example.com",
        "https://*.example.com",
        "https://a.example.com:8443",
        "http://a.example.com",
        "wss://a.example.com",
        "https://https://a.example.com",
        "https://a.example.com https://a.example.com",
        "https://a,b.example.com",
        "https://ä.example.com",
        "https://a\n.example.com",
        "http://pc.lan.example",
    ],
)
def test_what_does_not_fit_is_not_allowed(origin: str) -> None:
    assert not is_allowed(origin, ALLOWED)


def test_nothing_is_allowed_by_nothing() -> None:
    assert not is_allowed("https://shop.example", ())


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "example.com",
        "*.example.com",
        "https://*",
        "https://*.com",
        "https://*example.com",
        "https://a.*.example.com",
        "https://*.*.example.com",
        "https://example.*",
        "https://example.com/path",
        "https://example.com:*",
        "https://user@example.com",
        "",
    ],
)
def test_a_bad_setting_is_refused_at_the_start(origin: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        refuse_bad_origins(["https://good.example", origin])


def test_good_settings_are_taken() -> None:
    refuse_bad_origins(
        [*ALLOWED, "http://localhost:5173", "http://127.0.0.1:8000", "http://[::1]:8000/"]
    )
