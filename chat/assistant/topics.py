"""Who may read the topics `conversations/{id}`: whose conversation it is, and nobody else."""

import orjson
from typing_extensions import override

from chat.assistant import payload, selectors
from chat.assistant.commands import told_as_realtime_does
from chat.assistant.models import TOPIC_KIND
from realtime.messages import Publication
from realtime.principal import Principal
from realtime.topics import TopicPolicy, register


class ConversationTopics(TopicPolicy):
    """To others there is no such topic. The snapshot has the answers that are being written."""

    ending = frozenset({"conversation.deleted"})

    @override
    def authorize(self, principal: Principal, topic_id: str) -> None:
        with told_as_realtime_does():
            conversation_id = selectors.parse_id(topic_id)
            selectors.conversation(user_id=principal.user_id, conversation_id=conversation_id)

    @override
    def ends(self, publication: Publication, user_id: int) -> bool:
        return True

    @override
    def snapshot(self, principal: Principal, topic_id: str) -> bytes:
        rows = selectors.streaming(selectors.parse_id(topic_id))
        return orjson.dumps({"streaming": [payload.message(row) for row in rows]})


def register_policy() -> None:
    """Tell the engine. Once, when the apps are ready."""
    register(TOPIC_KIND, ConversationTopics())
