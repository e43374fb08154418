"""Access policy and snapshot of the topics `conversations/{id}`."""

import orjson
from typing_extensions import override

from chat.assistant import payload, selectors
from chat.assistant.commands import api_errors_as_realtime_errors
from chat.assistant.models import TOPIC_KIND
from realtime import Principal, Publication, TopicPolicy, register_topic_policy


class ConversationTopics(TopicPolicy):
    """Readable by the conversation's user; NOT_FOUND for others.

    The snapshot holds the answers that are being written.
    """

    revoking_events = frozenset({"conversation.deleted"})

    @override
    def authorize(self, principal: Principal, topic_id: str) -> None:
        with api_errors_as_realtime_errors():
            conversation_id = selectors.parse_id(topic_id)
            selectors.conversation(user_id=principal.user_id, conversation_id=conversation_id)

    @override
    def revokes(self, publication: Publication, user_id: int) -> bool:
        return True

    @override
    def snapshot(self, principal: Principal, topic_id: str) -> bytes:
        rows = selectors.streaming(selectors.parse_id(topic_id))
        return orjson.dumps({"streaming": [payload.message(row) for row in rows]})


def register_policy() -> None:
    """Register with `realtime`. Called once, from `AppConfig.ready`."""
    register_topic_policy(TOPIC_KIND, ConversationTopics())
