"""The realtime engine's public interface. Other packages import from here, and from nowhere else.

Names are loaded on first access: Django imports this package before the models that some of them
need are ready (PEP 562).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from realtime.admin.pages import ADMIN_POLICY as ADMIN_POLICY
    from realtime.admin.pages import admin_page as admin_page
    from realtime.cluster import budgets as budgets
    from realtime.cluster import presence as presence
    from realtime.cluster.budgets import Budget as Budget
    from realtime.cluster.budgets import declare_budget as declare_budget
    from realtime.cluster.budgets import spending as spending
    from realtime.conf import engine_conf as engine_conf
    from realtime.database import executor as executor
    from realtime.database.clock import database_now as database_now
    from realtime.database.executor import in_thread as in_thread
    from realtime.database.executor import in_thread_for as in_thread_for
    from realtime.database.health import UNAVAILABLE_RETRY_S as UNAVAILABLE_RETRY_S
    from realtime.database.health import has_trace as has_trace
    from realtime.database.health import is_unavailable as is_unavailable
    from realtime.fanout.connection import Connection as Connection
    from realtime.fanout.hub import Hub as Hub
    from realtime.gates.sessions import SessionGate as SessionGate
    from realtime.log import event_log as event_log
    from realtime.log.sql import HEAD_OF as HEAD_OF
    from realtime.protocol import presentation as presentation
    from realtime.protocol.addresses import network_of as network_of
    from realtime.protocol.errors import Close as Close
    from realtime.protocol.errors import ErrorCode as ErrorCode
    from realtime.protocol.errors import RealtimeError as RealtimeError
    from realtime.protocol.errors import declare_error_code as declare_error_code
    from realtime.protocol.event_views import EventFilter as EventFilter
    from realtime.protocol.event_views import Rendering as Rendering
    from realtime.protocol.messages import Publication as Publication
    from realtime.protocol.messages import State as State
    from realtime.protocol.messages import Topic as Topic
    from realtime.protocol.presentation import SNAPSHOT as SNAPSHOT
    from realtime.protocol.presentation import Presentation as Presentation
    from realtime.protocol.presentation import register_names as register_names
    from realtime.protocol.presentation import renaming as renaming
    from realtime.protocol.presentation import rendered as rendered
    from realtime.protocol.principal import CredentialError as CredentialError
    from realtime.protocol.principal import Principal as Principal
    from realtime.protocols.json.envelope import any_topics as any_topics
    from realtime.protocols.json.envelope import envelope as envelope
    from realtime.publishing import broadcast_ephemeral as broadcast_ephemeral
    from realtime.publishing import disconnect as disconnect
    from realtime.publishing import publish as publish
    from realtime.publishing import publish_ephemeral as publish_ephemeral
    from realtime.publishing import unit_of_work as unit_of_work
    from realtime.redaction import Sought as Sought
    from realtime.redaction import redact_all as redact_all
    from realtime.redaction import redact_first as redact_first
    from realtime.registries import lifecycle_services as lifecycle_services
    from realtime.registries import periodic_tasks as periodic_tasks
    from realtime.registries import topic_watchers as topic_watchers
    from realtime.registries.commands import NO_TOPIC as NO_TOPIC
    from realtime.registries.commands import Opened as Opened
    from realtime.registries.commands import Opener as Opener
    from realtime.registries.commands import register_command as register_command
    from realtime.registries.commands import register_opener as register_opener
    from realtime.registries.credential_revocation import register_revoker as register_revoker
    from realtime.registries.stream_views import MAX_TOPICS as MAX_TOPICS
    from realtime.registries.stream_views import StreamView as StreamView
    from realtime.registries.stream_views import register_destination as register_destination
    from realtime.registries.stream_views import register_sender as register_sender
    from realtime.registries.topics import TopicPolicy as TopicPolicy
    from realtime.registries.topics import register_topic_policy as register_topic_policy
    from realtime.runtime import Runtime as Runtime
    from realtime.server.conf import server_conf as server_conf
    from realtime.server.lifespan import with_lifespan as with_lifespan
    from realtime.server.memory import MemoryTrimmer as MemoryTrimmer
    from realtime.server.memory import limit_arenas as limit_arenas
    from realtime.server.server import Server as Server
    from realtime.server.server import adopt as adopt
    from realtime.server.server import configuration as configuration
    from realtime.server.server import listen as listen
    from realtime.server.workers import supervise as supervise
    from realtime.transports.asgi.non_blocking_send import Send as Send
    from realtime.transports.http import ABORT as ABORT
    from realtime.transports.http import Receive as Receive
    from realtime.transports.http import RefusalError as RefusalError
    from realtime.transports.http import ResponseBodyWriter as ResponseBodyWriter
    from realtime.transports.http import answer_json as answer_json
    from realtime.transports.http import disconnected as disconnected
    from realtime.transports.http import first_value as first_value
    from realtime.transports.http import lease as lease
    from realtime.transports.http import unavailable as unavailable
    from realtime.transports.http import wait_until as wait_until
    from realtime.transports.long_poll import long_poll as long_poll
    from realtime.transports.sockjs.routes import SockJSRoutes as SockJSRoutes
    from realtime.transports.sse import SSE_HEADERS as SSE_HEADERS
    from realtime.transports.sse import SSE_HEARTBEAT_S as SSE_HEARTBEAT_S
    from realtime.transports.sse import SSE_RETRY_MS as SSE_RETRY_MS
    from realtime.transports.sse import sse as sse
    from realtime.transports.websocket import SocketConsumer as SocketConsumer

# The module that defines each public name, or the package of a public module.
_DEFINED_IN = {
    # Publishing, in a service's transaction.
    "unit_of_work": "realtime.publishing",
    "publish": "realtime.publishing",
    "publish_ephemeral": "realtime.publishing",
    "broadcast_ephemeral": "realtime.publishing",
    "disconnect": "realtime.publishing",
    "event_log": "realtime.log",
    "HEAD_OF": "realtime.log.sql",
    "Sought": "realtime.redaction",
    "redact_all": "realtime.redaction",
    "redact_first": "realtime.redaction",
    # Values and errors.
    "Topic": "realtime.protocol.messages",
    "Publication": "realtime.protocol.messages",
    "State": "realtime.protocol.messages",
    "Principal": "realtime.protocol.principal",
    "CredentialError": "realtime.protocol.principal",
    "RealtimeError": "realtime.protocol.errors",
    "ErrorCode": "realtime.protocol.errors",
    "declare_error_code": "realtime.protocol.errors",
    "Close": "realtime.protocol.errors",
    "network_of": "realtime.protocol.addresses",
    # Topics: permissions and views.
    "TopicPolicy": "realtime.registries.topics",
    "register_topic_policy": "realtime.registries.topics",
    "EventFilter": "realtime.protocol.event_views",
    "Rendering": "realtime.protocol.event_views",
    "StreamView": "realtime.registries.stream_views",
    "MAX_TOPICS": "realtime.registries.stream_views",
    "register_destination": "realtime.registries.stream_views",
    "register_sender": "realtime.registries.stream_views",
    "envelope": "realtime.protocols.json.envelope",
    "any_topics": "realtime.protocols.json.envelope",
    "presence": "realtime.cluster",
    "topic_watchers": "realtime.registries",
    # Client commands.
    "NO_TOPIC": "realtime.registries.commands",
    "Opened": "realtime.registries.commands",
    "Opener": "realtime.registries.commands",
    "register_command": "realtime.registries.commands",
    "register_opener": "realtime.registries.commands",
    # Field names in snake_case and camelCase.
    "presentation": "realtime.protocol",
    "Presentation": "realtime.protocol.presentation",
    "SNAPSHOT": "realtime.protocol.presentation",
    "register_names": "realtime.protocol.presentation",
    "renaming": "realtime.protocol.presentation",
    "rendered": "realtime.protocol.presentation",
    # Budgets.
    "budgets": "realtime.cluster",
    "Budget": "realtime.cluster.budgets",
    "declare_budget": "realtime.cluster.budgets",
    "spending": "realtime.cluster.budgets",
    # Background work.
    "lifecycle_services": "realtime.registries",
    "periodic_tasks": "realtime.registries",
    "register_revoker": "realtime.registries.credential_revocation",
    # The database, from the event loop.
    "database_now": "realtime.database.clock",
    "executor": "realtime.database",
    "in_thread": "realtime.database.executor",
    "in_thread_for": "realtime.database.executor",
    "is_unavailable": "realtime.database.health",
    "has_trace": "realtime.database.health",
    "UNAVAILABLE_RETRY_S": "realtime.database.health",
    # Connections and transports.
    "SessionGate": "realtime.gates.sessions",
    "Runtime": "realtime.runtime",
    "Connection": "realtime.fanout.connection",
    "Hub": "realtime.fanout.hub",
    "SocketConsumer": "realtime.transports.websocket",
    "sse": "realtime.transports.sse",
    "long_poll": "realtime.transports.long_poll",
    "SockJSRoutes": "realtime.transports.sockjs.routes",
    "Send": "realtime.transports.asgi.non_blocking_send",
    "Receive": "realtime.transports.http",
    "ABORT": "realtime.transports.http",
    "ResponseBodyWriter": "realtime.transports.http",
    "RefusalError": "realtime.transports.http",
    "answer_json": "realtime.transports.http",
    "disconnected": "realtime.transports.http",
    "first_value": "realtime.transports.http",
    "lease": "realtime.transports.http",
    "unavailable": "realtime.transports.http",
    "wait_until": "realtime.transports.http",
    "SSE_HEADERS": "realtime.transports.sse",
    "SSE_HEARTBEAT_S": "realtime.transports.sse",
    "SSE_RETRY_MS": "realtime.transports.sse",
    # The settings.
    "engine_conf": "realtime.conf",
    "server_conf": "realtime.server.conf",
    # The server.
    "MemoryTrimmer": "realtime.server.memory",
    "limit_arenas": "realtime.server.memory",
    "Server": "realtime.server.server",
    "adopt": "realtime.server.server",
    "configuration": "realtime.server.server",
    "listen": "realtime.server.server",
    "supervise": "realtime.server.workers",
    "with_lifespan": "realtime.server.lifespan",
    # The admin.
    "ADMIN_POLICY": "realtime.admin.pages",
    "admin_page": "realtime.admin.pages",
}


def __getattr__(name: str) -> Any:
    try:
        place = _DEFINED_IN[name]
    except KeyError:
        raise AttributeError(f"realtime has no public name {name!r}") from None
    module = import_module(place)
    if not hasattr(module, name):
        import_module(f"{place}.{name}")  # a module of the package that is not loaded yet
    value = getattr(module, name)
    globals()[name] = value
    return value
