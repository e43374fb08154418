"""Users of an issuer: identified by external id, and created when first seen."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from accounts import sql
from accounts.models import User
from accounts.users.creation import users_created
from accounts.users.names import is_taken, search_text
from accounts.users.profile import Locale, claimed_locale, fill_locale
from text.graphemes import cut
from text.names import TYPED_PER_CHAR, key_of, normalize
from text.visible import is_visible, visible_or_empty

# The lengths of AbstractUser's columns.
_USERNAME_CHARS = 150
_NAME_CHARS = 150


def user_of_issuer(*, subject: str, payload: Mapping[str, Any], language: str = "") -> User:
    """Return the user with the external id `subject`, created from the token's claims if necessary.

    Safe for two concurrent first requests: one creates the user, the other finds it. A missing
    language and time zone are filled in from the claims, or else with the client's `language`.
    """
    user = _get_or_create(subject, payload)
    if not (user.language and user.time_zone):
        claimed = claimed_locale(payload)
        fill_locale(user, Locale(claimed.language or language, claimed.time_zone))
    return user


def _get_or_create(subject: str, payload: Mapping[str, Any]) -> User:
    user = User.objects.filter(external_id=subject).first()
    if user is not None:
        return user
    preferred = _text(payload, "preferred_username") or _text(payload, "email") or subject
    for username in _usernames(preferred, subject):
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
            # Either a concurrent request has created this user, or the name is taken.
            user = User.objects.filter(external_id=subject).first()
            if user is not None:
                return user
    user = User.objects.filter(external_id=subject).first()
    if user is not None:
        return user
    raise RuntimeError(f"expected a free username for external id {subject!r}, found none")


def ensure_external_users(*, external_ids: Iterable[str]) -> dict[str, int]:
    """Return `{external_id: user id}`; unknown users are created, in a fixed number of statements.

    Rows are written in the order of the external id, so that two such calls cannot deadlock.
    """
    wanted = sorted(set(external_ids))
    known = sql.ids_of(wanted)
    # Twice: if the plain username is taken, the second attempt uses the one with a hash in it.
    for attempt in (0, 1):
        missing = [external_id for external_id in wanted if external_id not in known]
        if not missing:
            return known
        with transaction.atomic():
            created = sql.create_users(
                [_newcomer(each, _usernames(each, each)[attempt]) for each in missing]
            )
            users_created(sorted(created.values()))
        known |= created
        # Another process may have created them first.
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


def _usernames(preferred: str, subject: str) -> tuple[str, str]:
    """Return the preferred username, and one that nobody else has."""
    typed = preferred[: _USERNAME_CHARS * TYPED_PER_CHAR]
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
