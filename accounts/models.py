"""Users, their sign-ins, and the keys of services. No secret is stored in the clear."""

import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from accounts.passwords import rules
from accounts.users import changes, names
from accounts.users.changes import WATCHED_FIELDS
from accounts.users.creation import users_created
from accounts.users.locale import LANGUAGE_CHARS, TIME_ZONE_CHARS
from accounts.users.name_fields import SearchTextField, UsernameKeyField
from accounts.users.user_manager import NamedUserManager
from realtime import unit_of_work
from text.names import normalize
from text.visible import is_visible, visible_or_empty

ALL_SCOPES = "*"
SCOPES = ("notifications:send", "jobs:write", "documents:write")

# Written by `accounts/credentials/revocation.py` only.
_REVOCATION_FIELDS = frozenset({"session_version", "tokens_valid_after"})
# Written by `accounts/users/profile.py` only.
_LOCALE_FIELDS = frozenset({"language", "time_zone"})
# The derived columns of each name.
_NAME_FIELDS = {
    "username": {"username_key", "search_text"},
    "first_name": {"search_text"},
    "last_name": {"search_text"},
}


class User(AbstractUser):
    """A user. `external_id` is the `sub` of the issuer that they come from, if any."""

    external_id = models.CharField(
        _("external id"), max_length=255, unique=True, null=True, blank=True
    )

    # Derived from the three names and written with them: see `accounts/users/names.py`. Empty only
    # for users whom an instance of an earlier release inserts during an upgrade.
    username_key = UsernameKeyField(db_index=True)
    search_text = SearchTextField()
    # Set by a migration for users of earlier releases who have the same key.
    shares_name = models.BooleanField(default=False, db_default=False, editable=False)

    # Incremented by `accounts/credentials/revocation.py`: sessions of an older version are void.
    session_version = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    # Another issuer's tokens that were issued before this are void.
    tokens_valid_after = models.DateTimeField(null=True, blank=True, editable=False)

    # See accounts/users/locale.py; "" while unknown. Written by accounts/users/profile.py only.
    language = models.CharField(
        _("language"),
        max_length=LANGUAGE_CHARS,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=TIME_ZONE_CHARS,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )

    objects: ClassVar[NamedUserManager] = NamedUserManager()

    class Meta(AbstractUser.Meta):
        swappable = "AUTH_USER_MODEL"
        constraints = [
            models.UniqueConstraint(
                fields=["username_key"],
                condition=Q(shares_name=False) & ~Q(username_key=""),
                name="accounts_user_name_key_unique",
            )
        ]
        # `change_user` includes neither: see accounts/admin/privileges.py.
        permissions = [
            ("sign_out_user", "Can sign users out"),
            ("disable_user", "Can disable and enable users"),
        ]

    @override
    def save(self, **kwargs: Any) -> None:
        """Save the user; a change of the password or of `is_active` revokes all credentials.

        Here rather than in a service, because Django's own forms and commands (`changepassword`,
        the admin's pages) use only the model. A full save leaves out the fields of
        `accounts/credentials/revocation.py` and `accounts/users/profile.py`: an object read earlier
        would revert them.
        """
        fields = kwargs.get("update_fields")
        if fields is not None:
            followers = (_NAME_FIELDS.get(name, set()) for name in fields)
            kwargs["update_fields"] = fields = {*fields}.union(*followers)
        if self._state.adding:
            with transaction.atomic():
                super().save(**kwargs)
                users_created([self.pk])
                changes.apply_changes(self, before=None)
            return
        if fields is None and not kwargs.get("force_insert"):
            own = {field.attname for field in self._meta.concrete_fields if not field.primary_key}
            own -= self.get_deferred_fields()
            own -= _REVOCATION_FIELDS | _LOCALE_FIELDS | {"shares_name"}
            kwargs["update_fields"] = own
        elif not WATCHED_FIELDS & set(fields or ()):
            super().save(**kwargs)
            return
        with unit_of_work():
            locked = User.objects.select_for_update().filter(pk=self.pk)
            before = locked.values(*sorted(WATCHED_FIELDS)).first()
            super().save(**kwargs)
            changes.apply_changes(self, before=before)

    @override
    def delete(
        self, using: Any | None = None, keep_parents: bool = False
    ) -> tuple[int, dict[str, int]]:
        """Delete the user, after the hooks of `account_deletion` have handled shared data."""
        if not self.pk:
            return super().delete(using, keep_parents)  # which refuses it
        # `accounts.users.deletion` imports this module.
        from accounts.users import deletion

        with unit_of_work():
            deletion.run_deletion_hooks([self.pk])
            return super().delete(using, keep_parents)

    @override
    def get_session_auth_hash(self) -> str:
        """Return the hash that a session is checked against; Django derives it from the
        password's.
        """
        return self._of_this_version(super().get_session_auth_hash())

    @override
    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Return the same for each fallback key."""
        return map(self._of_this_version, super().get_session_auth_fallback_hash())

    def _of_this_version(self, text: str) -> str:
        # Version 0 is Django's own hash, so that an upgrade signs nobody out.
        if self.session_version == 0:
            return text
        version = f"{self.session_version} {text}"
        return salted_hmac("accounts.session_version", version, algorithm="sha256").hexdigest()

    @override
    def clean(self) -> None:
        """Refuse an invisible name, and one that another user has in another spelling."""
        super().clean()
        self.first_name = visible_or_empty(self.first_name)
        self.last_name = visible_or_empty(self.last_name)
        if not self.username:
            # The field itself refuses an empty name.
            return
        before = User.objects.filter(pk=self.pk).values_list("username", flat=True).first()
        if before is not None and normalize(before) == self.username:
            # Users of an earlier release may share a name; an unchanged name is accepted.
            self.username = before
            return
        if not is_visible(self.username):
            raise ValidationError({"username": _("Enter a name that shows something.")})
        if names.is_taken(self.username, exclude_user_id=self.pk):
            taken = _("A user with that name, in this or another spelling, already exists.")
            raise ValidationError({"username": taken})

    @override
    def set_password(self, raw_password: str | None) -> None:
        super().set_password(rules.normalized_or_none(raw_password))

    @override
    def check_password(self, raw_password: str | None) -> bool:
        """Compare, and replace a hash of an older release.

        The new hash replaces only the one that was compared. Django's own method would overwrite a
        password that is set meanwhile, and the old password would be valid again.
        """
        if raw_password is None:
            return check_password(None, self.password)
        password = raw_password

        def rehash() -> None:
            compared, new = self.password, make_password(rules.normalized(password))
            unchanged = User.objects.get_queryset().filter(pk=self.pk, password=compared)
            if unchanged.replace_hash(new):
                self.password = new
                return
            # Another sign-in has replaced the hash at the same time, or the password was changed.
            current = User.objects.filter(pk=self.pk).values_list("password", flat=True).first()
            if rules.matches(password, current or ""):
                self.password = current or ""

        return rules.matches(password, self.password, rehash)

    @property
    def display_name(self) -> str:
        """Return the name that others see: the full name, else the username."""
        return visible_or_empty(self.get_full_name()) or self.username


class Login(models.Model):
    """A sign-in: the family of refresh tokens that descend from it.

    Its id is the claim `sid` of every token of the family. A family without a row counts as
    revoked, so the row is kept until `expires_at`, when its last token has expired.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="logins")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.user_id} · {timezone.localtime(self.created_at):%Y-%m-%d %H:%M}"


class Rotation(models.Model):
    """A used refresh token and its successor, by their `jti`.

    The successor can be made again from its times alone, so its text is not stored.
    """

    login = models.ForeignKey(Login, models.CASCADE, related_name="rotations")
    used_jti = models.CharField(max_length=64, unique=True)
    rotated_at = models.DateTimeField()
    successor_jti = models.CharField(max_length=64)
    successor_issued_at = models.DateTimeField()
    successor_expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.used_jti} -> {self.successor_jti}"


class Ticket(models.Model):
    """A single-use credential for a URL: its hash, user and expiry."""

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    login = models.ForeignKey(Login, models.CASCADE, null=True, related_name="+")
    expires_at = models.DateTimeField(db_index=True)
    # When the token used to get the ticket expires: connections opened with the ticket end then.
    token_expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} until {self.expires_at:%H:%M:%S}"


class ServiceKey(models.Model):
    """A key of an internal service. Keys with one name belong to the same service (rotation)."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16)
    sha256 = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class LoginAttempt(models.Model):
    """A sign-in that failed or is being decided.

    The keys are keyed hashes: of name and address, of each by itself, of name and known browser. An
    empty key counts for no budget.
    """

    key = models.CharField(max_length=64)
    name_key = models.CharField(max_length=64, default="", db_default="", blank=True)
    address_key = models.CharField(max_length=64, default="", db_default="", blank=True)
    device_key = models.CharField(max_length=64, default="", db_default="", blank=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [
            models.Index(fields=["key", "at"]),
            models.Index(fields=["name_key", "at"]),
            models.Index(fields=["address_key", "at"]),
            models.Index(fields=["device_key", "at"]),
        ]

    def __str__(self) -> str:
        return f"{self.key[:8]}… at {self.at:%H:%M:%S}"


class EventKind(models.TextChoices):
    """The kinds of events in the security log."""

    SIGN_IN = "sign_in", _("Signed in")
    SIGN_IN_FAILED = "sign_in_failed", _("Sign-in failed")
    SIGN_IN_REFUSED = "sign_in_refused", _("Sign-in refused, too many failed")
    REFRESH_REUSED = "refresh_reused", _("Refresh token used twice: stolen")
    FAMILY_EXPIRED = "family_expired", _("Sign-in reached its greatest age")
    REVOKED = "revoked", _("Everything ended")
    SIGNED_OUT = "signed_out", _("One sign-in ended")
    KEY_CREATED = "key_created", _("Service key created")
    KEY_FIRST_USED = "key_first_used", _("Service key used for the first time")
    KEY_REVOKED = "key_revoked", _("Service key revoked")
    PRIVILEGES_CHANGED = "privileges_changed", _("Privileges changed")


class SecurityEvent(models.Model):
    """An entry of the security log. It names users by id and name, and outlives their accounts.

    `bucket` is set for events that anybody can cause without signing in: repeated ones increase
    `count`.
    """

    kind = models.CharField(max_length=32, choices=EventKind.choices)
    at = models.DateTimeField(db_index=True)
    last_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)
    user_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    username = models.CharField(max_length=150, blank=True, db_index=True)
    actor = models.CharField(_("by"), max_length=150, blank=True)
    address = models.CharField(max_length=64, blank=True, db_index=True)
    user_agent = models.CharField(max_length=200, blank=True)
    detail = models.CharField(max_length=500, blank=True)
    bucket = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)

    class Meta:
        indexes = [models.Index(fields=["kind", "at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.username} {timezone.localtime(self.at):%Y-%m-%d %H:%M:%S}"
