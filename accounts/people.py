"""Users who come from an issuer: created at first sight, known by their external id."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from accounts import sql
from accounts.account_creation import users_created
from accounts.models import User
from accounts.names import is_taken, search_text
from accounts.profile import Locale, claimed_locale, fill_locale
from text.graphemes import cut
from text.names import TYPED_PER_CHAR, key_of, normalize
from text.visible import is_visible, visible_or_empty

# AbstractUser's columns.
_USERNAME_CHARS = 150
_NAME_CHARS = 150


def user_of_issuer(*, subject: str, payload: Mapping[str, Any], language: str = "") -> User:
    """The user whose external id is `subject`; made from the token's claims if there is none.

    Safe when two requests come first at once: one creates, the other finds. Language and time zone
    are filled in from the claims, or else with the `language` that the client asks for.
    """
    user = _found_or_made(subject, payload)
    if not (user.language and user.time_zone):
        claimed = claimed_locale(payload)
        fill_locale(user, Locale(claimed.language or language, claimed.time_zone))
    return user


def _found_or_made(subject: str, payload: Mapping[str, Any]) -> User:
    user = User.objects.filter(external_id=subject).first()
    if user is not None:
        return user
    wish = _text(payload, "preferred_username") or _text(payload, "email") or subject
    for username in _usernames(wish, subject):
        if is_taken(username):
            continue
        try:
            with transaction.atomic():
                return User.objects.create(
                    username=username,
                    external_id=subject,
                    password=make_password(None),
                    first_name=_name(payload, "given_name"),
                    last_name=_name(payload, "family_name"),
                )
        except IntegrityError:
            # Either somebody else has just created this user, or the name is taken.
            user = User.objects.filter(external_id=subject).first()
            if user is not None:
                return user
    user = User.objects.filter(external_id=subject).first()
    if user is not None:
        return user
    raise RuntimeError(f"expected a free username for external id {subject!r}, found none")


def ensure_external_users(*, external_ids: Iterable[str]) -> dict[str, int]:
    """`{external_id: user id}` for all of them; the unknown are created, however many at once.

    Rows are written in the order of the external id, so that two such calls cannot deadlock.
    """
    wanted = sorted(set(external_ids))
    known = sql.ids_of(wanted)
    # Twice: whose plain username is somebody else's gets the one with a hash in it.
    for attempt in (0, 1):
        missing = [external_id for external_id in wanted if external_id not in known]
        if not missing:
            return known
        with transaction.atomic():
            created = sql.create_newcomers(
                [_newcomer(one, _usernames(one, one)[attempt]) for one in missing]
            )
            users_created(sorted(created.values()))
        known |= created
        # Another process may have been first.
        if missing := [external_id for external_id in missing if external_id not in known]:
            known |= sql.ids_of(missing)
    if missing:
        raise RuntimeError(f"expected a free username for external id {missing[0]!r}, found none")
    return known


def _newcomer(external_id: str, username: str) -> sql.Newcomer:
    return sql.Newcomer(
        external_id=external_id,
        username=username,
        username_key=key_of(username),
        search_text=search_text(username, "", ""),
        password=make_password(None),
    )


def _usernames(wish: str, subject: str) -> tuple[str, str]:
    """The username wished for, and one that nobody else has."""
    typed = wish[: _USERNAME_CHARS * TYPED_PER_CHAR]
    plain = normalize("".join(char for char in typed if char.isprintable())).strip()
    if not is_visible(plain):
        plain = "user"
    suffix = "-" + hashlib.sha256(subject.encode()).hexdigest()[:16]
    return cut(plain, _USERNAME_CHARS), cut(plain, _USERNAME_CHARS - len(suffix)) + suffix


def _name(payload: Mapping[str, Any], claim: str) -> str:
    typed = _text(payload, claim)[: _NAME_CHARS * TYPED_PER_CHAR]
    return visible_or_empty(cut(normalize(typed), _NAME_CHARS))


def _text(payload: Mapping[str, Any], claim: str) -> str:
    value = payload.get(claim)
    return "".join(char for char in value if char.isprintable()) if isinstance(value, str) else ""
