from django.apps import AppConfig
from django.db.models.signals import m2m_changed
from django.utils.translation import gettext_lazy as _
from typing_extensions import override


class AccountsConfig(AppConfig):
    """Users, tokens, cookies, tickets and service keys."""

    name = "accounts"
    verbose_name = _("Accounts")

    @override
    def ready(self) -> None:
        # Models can be imported only now.
        from django.contrib.auth.models import Group

        from accounts.api import schema  # noqa: F401 - registers with OpenAPI
        from accounts.checks import register_checks
        from accounts.conf import conf
        from accounts.credentials import revocation
        from accounts.models import User
        from accounts.users import changes, names
        from realtime import periodic_tasks, register_revoker

        periodic_tasks.register("names", every_s=conf().settle_names_s, work=names.settle_new)
        register_revoker(revocation.end_credential)

        register_checks()
        for through in (
            User.groups.through,
            User.user_permissions.through,
            Group.permissions.through,
        ):
            m2m_changed.connect(changes.group_or_permission_changed, sender=through)
