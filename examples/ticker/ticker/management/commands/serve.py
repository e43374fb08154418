"""Creates the tables and a user, then serves the page."""

import os
from typing import Any

import uvicorn
from django.core.management import call_command
from django.core.management.base import BaseCommand

from ticker.models import Trader


class Command(BaseCommand):
    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        if not Trader.objects.filter(username="trader").exists():
            Trader.objects.create_user("trader", password="ticker", desk="Bells")
        port = int(os.environ.get("PORT", "8001"))
        self.stdout.write(f"http://localhost:{port}  (sign in as trader, password ticker)")
        uvicorn.run("ticker.asgi:application", port=port, log_level="warning")
