"""The settings of accounts: signing in, tokens, passwords and the security log."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.signals import setting_changed

from accounts.credentials.origins import is_opaque, refuse_bad_origins
from env_settings import declare, setting


def _refuse_bad_origins(origins: Collection[str]) -> None:
    refuse_bad_origins([origin for origin in origins if not is_opaque(origin)])


@dataclass(frozen=True)
class Tokens:
    """Tokens, tickets, service keys, and the origins whose pages may use cookies."""

    access_token_minutes: int = setting(
        15,
        "min",
        "lifetime of our own access tokens",
        env="ACCESS_TOKEN_MINUTES",
        least=1,
    )
    refresh_token_days: int = setting(
        14,
        "days",
        "lifetime of our own refresh tokens; each is renewed with every use",
        env="REFRESH_TOKEN_DAYS",
        least=1,
    )
    refresh_grace_s: int = setting(
        30,
        "s",
        "how long a refresh token that was just used is still accepted. A browser's tabs wake up "
        "together and refresh with the same token; 30 s covers the slowest of them, and leaves a "
        "thief little time",
    )
    ticket_s: int = setting(
        30,
        "s",
        "how long a single-use ticket is valid: from requesting it to opening the URL with it, "
        "over a slow connection",
        least=1,
    )
    max_token_chars: int = setting(
        8_192,
        "characters",
        "the longest token that is looked at. Real ones have one or two kilobytes, those with many "
        "groups five",
        least=1,
    )
    key_used_every_s: int = setting(
        60,
        "s",
        "accuracy of a service key's last use. It shows whether a key is still in use, and a write "
        "per request would show it no better",
    )
    clock_skew_s: int = setting(
        10,
        "s",
        "by how much the clocks of instances, and of the issuer, may differ: a token issued by one "
        "that is ahead is accepted. NTP keeps clocks within a fraction of this. An expired token "
        "is expired",
    )
    allowed_origins: tuple[str, ...] = setting(
        (),
        "",
        "origins besides the own that may use the cookie, comma-separated: `https://shop.example`, "
        "or `https://*.example.com` for all its subdomains at any depth (not `https://example.com` "
        "itself; scheme and port must be the same). A `*` stands only there, before a name with at "
        "least one dot; anything else is refused at the start. `null` lets pages in whose origin "
        "is no one's (files, many webviews, sandboxed frames): by CORS and SockJS with a token, a "
        "ticket or CONNECT, never with the cookie, as every site can make such a frame",
        check=_refuse_bad_origins,
    )
    jwt_jwk_url: str = setting(
        "",
        "",
        "URL of another issuer's key set (JWKS). Its tokens are accepted once this and the two "
        "below are set",
        env="JWT_JWK_URL",
    )
    jwt_issuer: str = setting("", "", "the issuer's `iss`", env="JWT_ISSUER")
    jwt_audience: str = setting("", "", "the `aud` of its tokens", env="JWT_AUDIENCE")
    jwks_timeout_s: int = setting(
        3,
        "s",
        "how long the issuer may take to send its keys; a slower one counts as unreachable",
        least=1,
    )
    jwks_waiting: int = setting(
        6,
        "requests",
        "requests with an unknown key that wait for the issuer's keys, in threads that others "
        "need: half of twelve. Tokens with a known key never wait; one whose key cannot be looked "
        "up is answered 503",
    )
    jwks_lifespan_s: int = setting(300, "s", "the age at which a fetched key set is fetched again")
    jwks_cooldown_s: int = setting(
        10,
        "s",
        "after the issuer has answered without a key, tokens with other unknown keys are refused "
        "for so long without asking it again: invented keys cause one fetch in this time. A key "
        "that the issuer has just begun to use is refused for as long, if somebody invents keys "
        "meanwhile",
    )
    jwks_retry_s: int = setting(
        5,
        "s",
        "after a failed fetch, no request waits for another one for so long: requests do not queue "
        "for a dead host",
    )
    jwks_stale_s: int = setting(
        3_600,
        "s",
        "how long the last key set is used while the issuer is unreachable, so that its outage is "
        "not ours",
    )


@dataclass(frozen=True)
class SigningIn:
    """Limits on failed sign-ins, and on the passwords that are hashed."""

    login_failures: int = setting(
        10,
        "failures",
        "failures of one name from one address (IPv6: one /64) within `BELLWIRE_LOGIN_WINDOW_S`. A "
        "person mistypes a few times a minute; with 10, trying 10,000 words takes 16 hours",
        least=1,
    )
    login_window_s: int = setting(60, "s", "the period of `BELLWIRE_LOGIN_FAILURES`", least=1)
    login_address_failures: int = setting(
        300,
        "failures",
        "failures of one address within `BELLWIRE_LOGIN_ADDRESS_WINDOW_S`, whatever the names. An "
        "office of 200 behind one address mistypes a handful of times a minute, and a success "
        "deletes the failures before it",
        least=1,
    )
    login_address_window_s: int = setting(
        600, "s", "the period of `BELLWIRE_LOGIN_ADDRESS_FAILURES`", least=1
    )
    login_name_failures: int = setting(
        100,
        "failures",
        "failures of one name within `BELLWIRE_LOGIN_NAME_WINDOW_S`, from whatever addresses. "
        "Guesses from a thousand addresses are limited to 2,400 a day in total. Browsers that the "
        "user has signed in with before are not held up by it",
        least=1,
    )
    login_name_window_s: int = setting(
        3_600, "s", "the period of `BELLWIRE_LOGIN_NAME_FAILURES`", least=1
    )
    login_device_failures: int = setting(
        30,
        "failures",
        "failures in an hour in a browser that the user has signed in with before, known by the "
        "cookie `known_device`: a stolen cookie gives no more",
        least=1,
    )
    login_device_days: int = setting(
        180,
        "days",
        "how long an unused browser is remembered; people on parental leave come back",
        least=1,
    )
    login_max_days: int = setting(
        90,
        "days",
        "after so long somebody signs in again, however often the refresh token was renewed: a "
        "copied browser profile does not work for ever",
        least=1,
    )
    hashes_at_once: int = setting(
        2,
        "passwords",
        "passwords hashed at once in one process; each takes a core for some 30 ms, and 19 MiB. "
        "Two leave the event loop its share",
        least=1,
    )
    hashes_waiting: int = setting(
        20,
        "threads",
        "threads that wait to hash a password; then 503. The sign-in queue admits fewer: this "
        "limits those that come by another path",
    )
    hash_wait_s: int = setting(
        10, "s", "how long such a thread waits; then 503. Only an overloaded machine takes as long"
    )


@dataclass(frozen=True)
class SecurityLog:
    """Size and retention of the security log."""

    security_log_days: int = setting(
        180,
        "days",
        "then entries are deleted; an incident is often found months after it began",
        least=1,
    )
    security_bucket_s: int = setting(
        600,
        "s",
        "repeated events within such a period are counted in one row",
        least=1,
    )
    security_bucket_rows: int = setting(
        500,
        "rows",
        "rows of one kind in `BELLWIRE_SECURITY_BUCKET_S`; the rest is counted in one. 500 show "
        "what is going on, and are 72,000 rows a day at worst",
        least=1,
    )


@dataclass(frozen=True)
class Housekeeping:
    """Periodic work on the tables of accounts."""

    settle_names_s: int = setting(
        60,
        "s",
        "how often users are looked for whom an instance of an earlier release has inserted "
        "without lookup keys. Until then they sign in by the exact spelling, and searches do not "
        "find them",
        least=1,
    )
    sweep_chunk: int = setting(
        5_000,
        "rows",
        "users or sign-ins looked up by one query. SQLite accepts 32,766 parameters, and long "
        "lists are slow to plan",
        least=1,
        most=32_000,
    )
    cleanup_chunk: int = setting(
        1_000,
        "rows",
        "rows deleted by one statement of the periodic clean-up, so that its transactions are "
        "short",
        least=1,
        most=32_000,
    )


@dataclass(frozen=True)
class AccountsSettings(Housekeeping, SecurityLog, SigningIn, Tokens):
    """All settings of accounts."""

    def longest_login_window(self) -> timedelta:
        """Return the time after which a failed sign-in counts for no budget."""
        windows = (self.login_window_s, self.login_address_window_s, self.login_name_window_s)
        return timedelta(seconds=max(windows))


conf = declare(AccountsSettings, settings, setting_changed)
