"""People, their sign-ins, and the keys of services. Nothing here stores a secret in the clear."""

import uuid

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

ALL_SCOPES = "*"
SCOPES = ("notifications:send", "jobs:write", "documents:write")


class User(AbstractUser):
    """A person. `external_id` is the `sub` of the issuer that they come from, if any."""

    external_id = models.CharField(
        _("external id"), max_length=255, unique=True, null=True, blank=True
    )

    class Meta(AbstractUser.Meta):
        swappable = "AUTH_USER_MODEL"
        # `change_user` has neither in it: accounts/privileges.py.
        permissions = [
            ("sign_out_user", "Can sign users out"),
            ("disable_user", "Can disable and enable users"),
        ]

    @override
    def check_password(self, raw_password: str | None) -> bool:
        """Compare, and hash anew what an older release has hashed.

        The new hash replaces only the one that was compared. Django's own method would overwrite a
        password that somebody sets meanwhile, and the old password would be good again.
        """

        def rehash(password: str | None) -> None:
            compared, new = self.password, make_password(password)
            if User.objects.filter(pk=self.pk, password=compared).update(password=new):
                self.password = new

        return check_password(raw_password, self.password, rehash)

    @property
    def display_name(self) -> str:
        """What others see: the full name, else the username."""
        return self.get_full_name() or self.username


class Login(models.Model):
    """A sign-in: the family of the refresh tokens that descend from it.

    Its id is the claim `sid` of every token of the family. A family whose row is gone counts as
    revoked, so the row stays until `expires_at`, when its last token has expired.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="logins")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.user_id} · {self.created_at:%Y-%m-%d %H:%M}"


class Rotation(models.Model):
    """A used refresh token and its successor, by their `jti`.

    The successor's times are all it takes to make the same token again: its text is not stored.
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
    """A single-use credential for a URL: the hash of it, and whom it lets in until when."""

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    login = models.ForeignKey(Login, models.CASCADE, null=True, related_name="+")
    expires_at = models.DateTimeField(db_index=True)
    # When the token expires that the ticket was bought with: what it opens lives no longer.
    token_expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} until {self.expires_at:%H:%M:%S}"


class ServiceKey(models.Model):
    """A key of an internal service. Keys of one name are the same service (rotation)."""

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

    The keys are keyed hashes: of name and address, of each by itself, of name and known browser.
    An empty one draws on no budget.
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
