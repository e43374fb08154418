"""Whose turn a request takes before its user is known: what that costs is a signature, no query."""

from accounts import issuer
from accounts.credentials import Credential, Kind
from accounts.tokens import algorithm_of, read_access
from realtime import CredentialError

_TOKENS = frozenset({Kind.BEARER, Kind.QUERY, Kind.COOKIE})


def signed_user(credential: Credential | None) -> int | None:
    """The user whom a good token of ours names. None for all else: it may be made up."""
    if credential is None or credential.kind not in _TOKENS:
        return None
    try:
        return read_access(credential.text).user_id
    except CredentialError:
        return None


def may_wait_for_issuer(credential: Credential | None) -> bool:
    """Whether reading it may take as long as another issuer takes to tell its keys."""
    if credential is None or credential.kind not in _TOKENS or not issuer.is_trusted():
        return False
    try:
        return algorithm_of(credential.text) in issuer.ALGORITHMS
    except CredentialError:
        return False
