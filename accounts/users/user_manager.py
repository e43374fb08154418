"""A manager that finds users by any spelling of their names."""

from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from typing_extensions import override

from accounts.passwords.rules import normalized_or_none
from accounts.users import names
from accounts.users.managers import UserManager

if TYPE_CHECKING:
    from accounts.models import User


class NamedUserManager(UserManager):
    """Finds users by any spelling of their names, and hashes any spelling of a password alike."""

    @override
    def get_by_natural_key(self, username: str | None) -> "User":
        user = names.find_user(username or "")
        if user is None:
            raise self.model.DoesNotExist(f"no user is called {username!r}")
        return user

    @override
    async def aget_by_natural_key(self, username: str | None) -> "User":
        return await sync_to_async(self.get_by_natural_key)(username)

    @override
    def create_user(
        self, username: str, email: str | None = None, password: str | None = None, **extra: Any
    ) -> "User":
        return super().create_user(username, email, normalized_or_none(password), **extra)

    @override
    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **extra: Any
    ) -> "User":
        return super().create_superuser(username, email, normalized_or_none(password), **extra)
