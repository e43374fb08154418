"""Topic policies of `users/{id}` and `broadcast`: access, muted categories, unread count."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import orjson
from django.conf import settings
from typing_extensions import override

from accounts.topics import USERS, user_topic
from accounts.users.profile import Locale
from notifications import selectors, services, texts, types
from notifications.live.topics import BROADCAST, personal_topics
from realtime import (
    ErrorCode,
    EventFilter,
    Principal,
    Publication,
    RealtimeError,
    Rendering,
    State,
    Topic,
    TopicPolicy,
    publish,
    register_topic_policy,
)

# Events whose data is a notification.
_SHOWN: Final = frozenset({"notification", "notification.updated"})


@dataclass(frozen=True, slots=True)
class Muted:
    """Hides new notifications in these categories; events about older ones are shown."""

    categories: frozenset[str]

    def shows(self, publication: Publication) -> bool:
        if publication.type not in _SHOWN:
            return True
        data = orjson.loads(publication.data or b"{}")
        return types.category_of(data.get("type", "")) not in self.categories


@dataclass(frozen=True, slots=True)
class InLanguage:
    """Renders the server's texts in notifications in one language."""

    language: str

    def render(self, publication: Publication) -> Publication:
        if publication.type not in _SHOWN:
            return publication
        data = orjson.loads(publication.data or b"{}")
        shown = texts.localized(data, self.language)
        return publication if shown is data else replace(publication, data=orjson.dumps(shown))


def _filter(categories: Collection[str]) -> EventFilter | None:
    return Muted(frozenset(categories)) if categories else None


class _Mutable(TopicPolicy):
    """A topic that is filtered by the user's preferences.

    Each of the two topics depends on the other: preferences are published on the user's own topic,
    and changes of broadcasts change the user's count. Both are rendered in the user's language.
    """

    filtered = True
    rendered = True
    preferences = "notifications"

    @override
    def depends_on(self, principal: Principal) -> Collection[Topic]:
        return personal_topics(principal)

    @override
    def event_filter(self, principal: Principal) -> EventFilter | None:
        return _filter(selectors.muted(principal.user_id))

    @override
    def rendering(self, principal: Principal) -> Rendering:
        return InLanguage(selectors.language_of(principal.user_id))


class UserTopics(_Mutable):
    """A user's own topic. Its state is `unread_count {count, version}`."""

    stateful = True

    @override
    def authorize(self, principal: Principal, topic_id: str) -> None:
        if topic_id != str(principal.user_id):
            raise RealtimeError(ErrorCode.FORBIDDEN, "This topic is another user's")

    @override
    def state(self, topics: Collection[Topic]) -> Mapping[Topic, Sequence[State]]:
        # Only authorised topics get here, so each ends in a user's id.
        users = {int(topic.partition("/")[2]): topic for topic in topics}
        return {
            users[user_id]: [
                State(
                    users[user_id],
                    "unread_count",
                    orjson.dumps({"count": unread.count, "version": unread.version}),
                )
            ]
            for user_id, unread in services.unread_of(users).items()
        }

    @override
    def changes_filter(self, publication: Publication) -> bool:
        return publication.type == "preferences"

    @override
    def filter_after(self, publication: Publication) -> EventFilter | None:
        data: dict[str, bool] = orjson.loads(publication.data or b"{}")
        return _filter([category for category, on in data.items() if not on])

    @override
    def changes_rendering(self, publication: Publication) -> bool:
        return publication.type == "profile"

    @override
    def rendering_after(self, publication: Publication) -> Rendering:
        data: dict[str, str | None] = orjson.loads(publication.data or b"{}")
        return InLanguage(data.get("language") or settings.LANGUAGE_CODE)


class BroadcastTopic(_Mutable):
    """Open to every user. Broadcasts and withdrawals change everybody's count."""

    invalidates = (USERS,)
    hides = True

    @override
    def hidden(self, principal: Principal, publications: Sequence[Publication]) -> Collection[int]:
        """Return the offsets of publications from before the user existed."""
        joined = selectors.joined(principal.user_id)
        if joined is None:
            return {publication.offset for publication in publications}
        if joined.offset is not None:
            return {one.offset for one in publications if one.offset <= joined.offset}
        return {one.offset for one in publications if one.at < joined.at}

    @override
    def authorize(self, principal: Principal, topic_id: str) -> None:
        if topic_id:
            raise RealtimeError(ErrorCode.NOT_FOUND, "There is no such topic")


def publish_profile(user_id: int, locale: Locale) -> None:
    """Publish a new language or time zone to the user's connections, which are rendered in it."""
    data = {"language": locale.language or None, "time_zone": locale.time_zone or None}
    publish(user_topic(user_id), "profile", data)


def register_policies() -> None:
    """Register the policies with the engine. Called once, when the apps are ready."""
    register_topic_policy(USERS, UserTopics())
    register_topic_policy(BROADCAST, BroadcastTopic())
