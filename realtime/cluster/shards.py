"""Several Redis servers that share the work: every key belongs to one of them.

What talks to Redis is made once per shard, with clients, queues, tasks and a health of its own, so
that a shard that hangs holds up nothing of the others. Instances of one deployment name the same
servers in the same order.
"""

from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer
from channels_redis.utils import _consistent_hash
from django.conf import settings


def shard_of(key: str, shards: int) -> int:
    """The number of the shard, from 0, that has the key: as channels_redis counts."""
    number: int = _consistent_hash(key, shards)
    return number


def group_channel(alias: str, group: str) -> str:
    """The name in Redis of a channel layer's group, as channels_redis spells it."""
    layers: dict[str, Any] = settings.CHANNEL_LAYERS
    return f"{layers[alias]['CONFIG']['prefix']}__group__{group}"


def open_layers(alias: str) -> list[RedisPubSubChannelLayer]:
    """The channel layer `alias`, as one layer for each of its hosts.

    channels_redis's own layer of several hosts has one channel for what is received, on one of
    them: without that host it receives nothing.
    """
    layers: dict[str, Any] = settings.CHANNEL_LAYERS
    config: dict[str, Any] = layers[alias]["CONFIG"]
    return [RedisPubSubChannelLayer(**{**config, "hosts": [host]}) for host in config["hosts"]]
