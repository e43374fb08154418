"""Updates and deletions of many accounts, with the same consequences as of one."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from typing_extensions import override

from accounts.conf import conf
from accounts.users import changes
from realtime import unit_of_work

if TYPE_CHECKING:  # `accounts.models` imports this module
    from accounts.models import User

_WATCHED = changes.WATCHED_FIELDS


class UserQuerySet(models.QuerySet["User"]):
    """`update` and `bulk_update` have the consequences of `User.save()`, `delete` those of
    `User.delete()`.
    """

    @override
    def update(self, **kwargs: Any) -> int:
        if not _WATCHED & set(kwargs):
            return super().update(**kwargs)
        with unit_of_work():
            # By their ids: PostgreSQL locks no rows through an outer join or DISTINCT. In one
            # order, so that two such statements cannot deadlock.
            chosen = UserQuerySet(self.model, using=self.db).filter(
                pk__in=self.order_by().values("pk")
            )
            locked = chosen.order_by("pk").select_for_update()
            before = {row["pk"]: row for row in locked.values("pk", *_WATCHED)}
            count = super().update(**kwargs)
            for user in self._of(list(before)):
                changes.apply_changes(user, before=before[user.pk])
        return count

    @override
    def delete(self) -> tuple[int, dict[str, int]]:
        fields = getattr(self, "_fields", None)
        if self.query.is_sliced or self.query.distinct_fields or fields is not None:
            return super().delete()  # which refuses it
        # `accounts.models` imports this module.
        from accounts.users import deletion

        with unit_of_work():
            # By their ids: after the hooks, the users may no longer match the query.
            ids = list(self.order_by("pk").values_list("pk", flat=True))
            deletion.run_deletion_hooks(ids)
            deleted: Counter[str] = Counter()
            remaining = iter(ids)
            while chunk := list(islice(remaining, conf().sweep_chunk)):
                chosen = UserQuerySet(self.model, using=self.db).filter(pk__in=chunk)
                deleted.update(models.QuerySet.delete(chosen)[1])
            return deleted.total(), dict(deleted)

    def replace_hash(self, password: str) -> int:
        """Replace the hash of the same password by one of another algorithm, without
        consequences.
        """
        return super().update(password=password)

    def _of(self, ids: Sequence[int]) -> Iterator["User"]:
        remaining = iter(ids)
        while chunk := list(islice(remaining, conf().sweep_chunk)):
            yield from self.model._default_manager.filter(pk__in=chunk).order_by("pk")


class UserManager(DjangoUserManager["User"]):
    """Django's manager, with `UserQuerySet`."""

    # Migrations use historical models, which have no such consequences.
    use_in_migrations = False

    @override
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)
