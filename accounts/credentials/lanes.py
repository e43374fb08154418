"""Admission lanes: the user of a token by its signature alone, without a query."""

from accounts.credentials import issuer
from accounts.credentials.extraction import Credential, Kind
from accounts.credentials.tokens import algorithm_of, read_access
from realtime import CredentialError

_TOKENS = frozenset({Kind.BEARER, Kind.QUERY, Kind.COOKIE})


def signed_user(credential: Credential | None) -> int | None:
    """Return the user of one of our tokens with a valid signature; None for all other
    credentials.
    """
    if credential is None or credential.kind not in _TOKENS:
        return None
    try:
        return read_access(credential.text).user_id
    except CredentialError:
        return None


def may_wait_for_issuer(credential: Credential | None) -> bool:
    """Whether verifying it may have to wait for another issuer's keys."""
    if credential is None or credential.kind not in _TOKENS or not issuer.is_trusted():
        return False
    try:
        return algorithm_of(credential.text) in issuer.ALGORITHMS
    except CredentialError:
        return False
