"""Full budgets for the tests of this process, whose users have the same ids again and again."""

import redis
from django.conf import settings

from realtime.cluster import budget_store


def refill() -> None:
    """Forget what was spent, in this process and in the Redis that it counts in."""
    budget_store.memory.clear()
    for url in settings.REDIS_URLS:
        with redis.Redis.from_url(url) as client:
            if spent := client.keys(f"{settings.BELLWIRE_REDIS_PREFIX}:budget:*"):
                client.delete(*spent)
