"""Publishes a new price of each symbol every second, or so many times as --times says."""

import random
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ticker.prices import SYMBOLS, publish_price


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--times", type=int, default=60)

    def handle(self, *args: Any, times: int, **options: Any) -> None:
        for _ in range(times):
            for symbol in SYMBOLS:
                publish_price(symbol, random.randint(9_000, 11_000))
            time.sleep(1)
