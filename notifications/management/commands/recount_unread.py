from typing import Any

from django.core.management.base import BaseCommand
from typing_extensions import override

from notifications import services
from notifications.models import UnreadCounter


class Command(BaseCommand):
    """Recount every user's unread notifications, after a type has moved to another category."""

    help = "Count every user's unread notifications anew"

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        services.refile_broadcasts()
        users = UnreadCounter.objects.order_by("pk").values_list("pk", flat=True)
        for user_id in users.iterator():
            services.recount(user_id=user_id)
        self.stdout.write(self.style.SUCCESS("Counted anew"))
