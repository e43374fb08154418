"""Sending many different notifications in one transaction."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from api.errors import ApiError
from notifications.services import counters, idempotency
from notifications.services.idempotency import Claim, Once
from notifications.services.recipients import Recipients, resolve_all
from notifications.services.send import Answer, Content, insert, insert_broadcast
from realtime import unit_of_work


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One send. Without recipients it is a broadcast; `once` is its own idempotency key."""

    to: Recipients | None
    content: Content
    once: Once | None = None


class ItemError(Exception):
    """The item at `place`, from 0, cannot be sent, and so nothing was."""

    def __init__(self, place: int, error: ApiError) -> None:
        super().__init__(f"item {place}: {error.message}")
        self.place = place
        self.error = error


@dataclass(frozen=True, slots=True)
class _Ready:
    """An item to be sent: the ids of its users, None for everyone."""

    place: int
    item: Item
    users: Sequence[int] | None

    @property
    def replaces(self) -> set[tuple[int, str]]:
        """The `(user, collapse key)` of which it is the only unread one afterwards."""
        key = self.item.content.collapse_key
        return {(user_id, key) for user_id in self.users or ()} if key else set()


def send_many(*, sender: str, items: Sequence[Item], atomic: bool) -> list[Answer | ApiError]:
    """Send the items as if one after the other. Returns the answer or the error of each.

    One transaction, in a number of statements that does not depend on how many they are, but for
    broadcasts. An item whose key was used before has the earlier answer, also where it was used by
    an item before it. With `atomic` the first error is raised as `ItemError`, and nothing is sent.
    """
    with unit_of_work():
        results: dict[int, Answer | ApiError] = {}
        claims = _claim(sender, items, results)
        # Items with a key of an item before them have its answer, once it is known.
        repeats = {
            place: first
            for place, item in enumerate(items)
            if place not in results
            and item.once is not None
            and (first := claims[item.once.key][0]) != place
        }
        ready = _resolve(
            [(p, item) for p, item in enumerate(items) if p not in results and p not in repeats],
            results,
        )
        _raise_first(results, atomic)
        for one, answer in _send(sender, ready):
            results[one.place] = answer
        _keep(claims.values(), results)
        results |= {place: results[first] for place, first in repeats.items()}
        return [results[place] for place in range(len(items))]


def _claim(
    sender: str, items: Sequence[Item], results: dict[int, Answer | ApiError]
) -> dict[str, tuple[int, Claim]]:
    """Claim the items' keys. Returns `{key: (place of its first item, claim)}` of new claims.

    Items with an earlier answer, or an error, have it in `results` afterwards.
    """
    uses: dict[str, tuple[int, Once]] = {}
    for place, item in enumerate(items):
        if item.once is not None:
            uses.setdefault(item.once.key, (place, item.once))
    found = idempotency.claim_all(sender=sender, uses=[once for _, once in uses.values()])
    for place, item in enumerate(items):
        if item.once is None:
            continue
        claimed = found[item.once.key]
        if item.once.body_sha256 != uses[item.once.key][1].body_sha256:
            results[place] = idempotency.conflict()
        elif isinstance(claimed, ApiError):
            results[place] = claimed
        elif claimed.answer is not None:
            results[place] = Answer(**claimed.answer)
    return {
        key: (uses[key][0], claimed)
        for key, claimed in found.items()
        if isinstance(claimed, Claim) and claimed.answer is None
    }


def _resolve(
    items: Sequence[tuple[int, Item]], results: dict[int, Answer | ApiError]
) -> list[_Ready]:
    """Find the items' users; items with unknown ones have their error in `results`."""
    to_users = [(place, item, item.to) for place, item in items if item.to is not None]
    resolved = resolve_all([to for _, _, to in to_users])
    ready = [_Ready(place, item, None) for place, item in items if item.to is None]
    for (place, item, _), users in zip(to_users, resolved, strict=True):
        if isinstance(users, ApiError):
            results[place] = users
        else:
            ready.append(_Ready(place, item, users))
    return sorted(ready, key=lambda one: one.place)


def _send(sender: str, ready: Sequence[_Ready]) -> Iterator[tuple[_Ready, Answer]]:
    """Store and publish the items in their order. All locks are taken first."""
    if any(one.users is None for one in ready):
        counters.hold_broadcasts()
    users = {user_id for one in ready for user_id in one.users or ()}
    if users:
        counters.hold(users)
    delta = counters.CounterDelta()
    for group in _groups(ready):
        if group[0].users is None:
            yield group[0], insert_broadcast(sender, group[0].item.content)
        else:
            sends = [(one.users or (), one.item.content) for one in group]
            yield from zip(group, insert(sender, sends, delta), strict=True)
    delta.apply()


def _groups(ready: Sequence[_Ready]) -> Iterator[list[_Ready]]:
    """Split into what can be inserted together: no item replaces another of its group."""
    group: list[_Ready] = []
    replaced: set[tuple[int, str]] = set()
    for one in ready:
        alone = one.users is None or (group and group[-1].users is None)
        if group and (alone or replaced & one.replaces):
            yield group
            group, replaced = [], set()
        group.append(one)
        replaced |= one.replaces
    if group:
        yield group


def _keep(claims: Iterable[tuple[int, Claim]], results: dict[int, Answer | ApiError]) -> None:
    """Store the answers of the keys. Those of items that failed are free again."""
    answers = []
    failed = []
    for place, claimed in claims:
        result = results[place]
        if isinstance(result, ApiError):
            failed.append(claimed)
        else:
            answers.append((claimed, result.kept()))
    idempotency.keep_answers(answers)
    idempotency.release(failed)


def _raise_first(results: dict[int, Answer | ApiError], atomic: bool) -> None:
    errors = {place: found for place, found in results.items() if isinstance(found, ApiError)}
    if atomic and errors:
        place = min(errors)
        raise ItemError(place, errors[place])
