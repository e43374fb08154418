"""Keys of internal services: created once, shown once, stored as a hash."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from accounts import security_log
from accounts.conf import conf
from accounts.credentials.tokens import refused
from accounts.models import ALL_SCOPES, SCOPES, EventKind, ServiceKey
from text.names import key_of, normalize
from text.storable import sha256_hex
from text.visible import is_visible

# By `bw_`, log redaction and secret scanners recognise a key anywhere.
_MARK = "bw_"


@dataclass(frozen=True, slots=True)
class ServiceCaller:
    """An internal service as `request.user`. Keys with one `name` belong to the same service."""

    key_id: int
    name: str
    scopes: frozenset[str]
    pk: None = None
    is_authenticated: bool = True
    is_anonymous: bool = False
    is_active: bool = True

    def allows(self, scope: str) -> bool:
        """Whether the key has `scope`, by name or because it has all."""
        return scope in self.scopes or ALL_SCOPES in self.scopes

    def __str__(self) -> str:
        return f"service {self.name}"


def create_service_key(*, name: str, scopes: Collection[str] = ()) -> tuple[ServiceKey, str]:
    """Create a key, with all scopes unless some are given. Returns the row and the key's only copy.

    Raises ValueError on an unknown scope or an invalid name.
    """
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise ValueError(f"expected scopes among {', '.join(SCOPES)}, got {', '.join(unknown)}")
    name = name_of_service(name)
    prefix = secrets.token_hex(4)
    text = f"{_MARK}{prefix}_{secrets.token_urlsafe(32)}"
    row = ServiceKey.objects.create(
        name=name,
        prefix=_MARK + prefix,
        sha256=_hash(text),
        scopes=sorted(set(scopes)) or [ALL_SCOPES],
        created_at=timezone.now(),
    )
    _log(EventKind.KEY_CREATED, row)
    return row, text


def name_of_service(name: str) -> str:
    """Return a service's name in the spelling of its existing keys, if it has any.

    Raises ValueError on an invalid name, and on one that differs from another service's only in
    case: their notifications and jobs would be mistaken for each other's.
    """
    spelled = normalize(name)
    is_fit = 0 < len(spelled) <= 100 and spelled.isprintable() and spelled.strip() == spelled
    if not is_fit or not is_visible(spelled):
        raise ValueError(f"expected a name of 1 to 100 printable characters, got {name!r}")
    others = set(ServiceKey.objects.values_list("name", flat=True).distinct())
    if name in others or spelled in others:
        return name if name in others else spelled
    for other in sorted(others):
        if normalize(other) == spelled:
            return other
        if key_of(other) == key_of(spelled):
            raise ValueError(f"a service is called {other!r} already, which differs by case alone")
    return spelled


def authenticate_service(*, key: str) -> ServiceCaller:
    """Return the service of a key. Raises `CredentialError`."""
    row = ServiceKey.objects.filter(sha256=_hash(key), revoked_at=None).first()
    if row is None:
        raise refused()
    _record_use(row, timezone.now())
    return ServiceCaller(row.pk, row.name, frozenset(row.scopes))


def revoke_service_keys(*, keys: Collection[int]) -> int:
    """Revoke keys by id. Returns how many were not revoked before."""
    count = 0
    for row in ServiceKey.objects.filter(pk__in=keys, revoked_at=None):
        # The condition is repeated, so that of two concurrent calls only one revokes it.
        active = ServiceKey.objects.filter(pk=row.pk, revoked_at=None)
        if active.update(revoked_at=timezone.now()):
            _log(EventKind.KEY_REVOKED, row)
            count += 1
    return count


def _record_use(row: ServiceKey, now: datetime) -> None:
    before = now - timedelta(seconds=conf().key_used_every_s)
    if row.last_used_at is None or row.last_used_at <= before:
        # The condition is repeated in the database, so that of many concurrent requests one writes.
        stale = Q(last_used_at__lte=before)
        if row.last_used_at is None:
            first = ServiceKey.objects.filter(pk=row.pk, last_used_at=None)
            if first.update(last_used_at=now):
                _log(EventKind.KEY_FIRST_USED, row)
            return
        ServiceKey.objects.filter(stale, pk=row.pk).update(last_used_at=now)


def _log(kind: EventKind, row: ServiceKey) -> None:
    scopes = ", ".join(row.scopes)
    security_log.record(kind, detail=f"{row.name} ({row.prefix}), scopes {scopes}")


def _hash(text: str) -> str:
    # A key is 256 random bits, which cannot be guessed, so a fast hash is as good as a slow one.
    return sha256_hex(text)
