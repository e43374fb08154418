"""Keys belong to the shards that channels_redis computes, as both use the same servers."""

import pytest
from channels_redis.utils import _consistent_hash  # nothing public says where a group is

from realtime.cluster.shards import shard_of

pytestmark = pytest.mark.once


@pytest.mark.parametrize("shards", [1, 2, 3, 5, 16, 4096])
def test_shards_of_keys_are_those_of_channels_redis(shards: int) -> None:
    keys = [*(f"users/{number}" for number in range(2_000)), "", "방/1", "x" * 300]
    found = [shard_of(key, shards) for key in keys]
    assert found == [_consistent_hash(key, shards) for key in keys]
    assert set(found) <= set(range(shards))
    if shards <= 16:
        assert set(found) == set(range(shards))
