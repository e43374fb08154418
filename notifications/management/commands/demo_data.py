"""`manage.py demo_data`: notifications to show at the first sign-in."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from accounts.models import User
from notifications import services
from notifications.demo import PEOPLE, STORIES
from notifications.services import Content, RecipientKind, Recipients

# The first stories: an order, a payment, a comment, a finished task.
STORIES_EACH = 4


class Command(BaseCommand):
    help = "Give alice, bob and carol a few notifications, those of them who have none."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("demo data is for development: it needs DEBUG=1")
        newcomers = User.objects.filter(username__in=PEOPLE, notifications=None)
        users = list(newcomers.order_by("pk").values_list("pk", flat=True))
        if not users:
            return
        for story in STORIES[:STORIES_EACH]:
            services.send(
                sender="service:demo",
                to=Recipients(RecipientKind.USER_ID, users),
                content=Content(**story.body()),
            )
