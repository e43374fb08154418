"""Changes and deletions of many accounts, which have the consequences of those of one."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from typing_extensions import override

from accounts import account_changes, limits
from realtime import unit_of_work

if TYPE_CHECKING:  # the model imports this
    from accounts.models import User

_WATCHED = account_changes.WATCHED_FIELDS


class UserQuerySet(models.QuerySet["User"]):
    """`update`, and `bulk_update` which is made of it, end what `User.save()` would end; `delete`
    does what `User.delete()` does.
    """

    @override
    def update(self, **kwargs: Any) -> int:
        if not _WATCHED & set(kwargs):
            return super().update(**kwargs)
        with unit_of_work():
            # By their ids alone: PostgreSQL locks no rows through an outer join or DISTINCT. In one
            # order, so that two such statements cannot deadlock.
            chosen = UserQuerySet(self.model, using=self.db).filter(
                pk__in=self.order_by().values("pk")
            )
            locked = chosen.order_by("pk").select_for_update()
            before = {row["pk"]: row for row in locked.values("pk", *_WATCHED)}
            count = super().update(**kwargs)
            for user in self._of(list(before)):
                account_changes.saved(user, before=before[user.pk])
        return count

    @override
    def delete(self) -> tuple[int, dict[str, int]]:
        fields = getattr(self, "_fields", None)
        if self.query.is_sliced or self.query.distinct_fields or fields is not None:
            return super().delete()  # which refuses it
        # The model imports this.
        from accounts import account_deletion

        with unit_of_work():
            # By their ids: once they have left, they may no longer be what was asked for.
            ids = list(self.order_by("pk").values_list("pk", flat=True))
            account_deletion.leave(ids)
            deleted: Counter[str] = Counter()
            rest = iter(ids)
            while some := list(islice(rest, limits.SWEEP_CHUNK)):
                chosen = UserQuerySet(self.model, using=self.db).filter(pk__in=some)
                deleted.update(models.QuerySet.delete(chosen)[1])
            return deleted.total(), dict(deleted)

    def replace_hash(self, password: str) -> int:
        """Set the hash of the same password by another algorithm: nothing ends with the old one."""
        return super().update(password=password)

    def _of(self, ids: Sequence[int]) -> Iterator["User"]:
        rest = iter(ids)
        while some := list(islice(rest, limits.SWEEP_CHUNK)):
            yield from self.model._default_manager.filter(pk__in=some).order_by("pk")


class UserManager(DjangoUserManager["User"]):
    """Django's, with that queryset."""

    # Migrations work on models of their own time, which have no such consequences.
    use_in_migrations = False

    @override
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)
