"""schemathesis asks everything that the description allows, and whatever it does not.

No answer may be a 5xx, or one of which the description does not speak: a status, a content type or
a shape.
"""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.servers import Deployment

# Of each operation, by each caller; more would find rarer things.
EXAMPLES = {"person": 8, "service": 4, "nobody": 2}
# These end the caller's own credential, or answer for as long as the client likes to wait.
SEND = "/api/v1/notifications/send"
LEFT_OUT = ("/api/v1/auth/logout", "/sse", "/long-polling")
# After these the room that is there would not be, for whatever is asked next.
FATAL = {("DELETE", "/api/v1/rooms/{room_id}"), ("POST", "/api/v1/rooms/{room_id}/leave")}
PROMISES: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def callers(deployment: Deployment) -> dict[str, str]:
    """The `Authorization` of a person who may do everything, of a service, and of nobody."""
    deployment.manage("shell", "--no-imports", "--verbosity=0", "-c", _ADMIN)
    return {
        "person": f"Bearer {deployment.token('root', minutes=60)}",
        "service": f"Api-Key {deployment.service_key()}",
        "nobody": "",
    }


_ADMIN = """
from accounts.models import User
User.objects.create_superuser("root")
"""


@pytest.fixture(scope="module")
def there(deployment: Deployment, callers: dict[str, str]) -> dict[str, Any]:
    """Ids of what is there: at random nobody would ever hit one."""

    def post(caller: str, path: str, **body: Any) -> Any:
        headers = {"Authorization": callers[caller]}
        answer = httpx.post(deployment.url + path, json=body, headers=headers, trust_env=False)
        assert answer.is_success, answer.text
        return answer.json()

    asked = post("person", "/api/v1/chat/message", message="How long?")
    sent = post("service", SEND, usernames=["root"], type="SYSTEM", message="Hello")
    return {
        "conversation_id": asked["conversation_id"],
        "message_id": asked["message"]["message_id"],
        "notification_id": sent["ids"][0],
        "batch_id": sent["batch_id"],
        "job_id": post("service", "/api/v1/jobs", username="root", title="Report")["id"],
        "document_id": int(
            post("service", "/api/v1/chat/documents", title="Leave", content="25 days.")["id"]
        ),
        "room_id": post("person", "/api/v1/rooms", name="tea", kind="group")["id"],
    }


def operations(url: str) -> Iterator[Any]:
    schema = schemathesis.openapi.from_url(f"{url}/api/schema/")
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        if not operation.path.startswith(LEFT_OUT):
            yield operation


@pytest.mark.parametrize("caller", ["person", "service", "nobody"])
def test_no_answer_is_a_fault_or_a_surprise(
    deployment: Deployment, callers: dict[str, str], there: dict[str, Any], caller: str
) -> None:
    headers = {"Authorization": callers[caller]} if callers[caller] else {}
    asked: list[str] = []

    def ask(case: Any) -> None:
        asked.append(case.path)
        gone = (case.method, case.operation.path) in FATAL
        if len(asked) % 2 and case.path_parameters and not gone:
            named = case.path_parameters.keys() & there.keys()
            case.path_parameters.update({name: there[name] for name in named})
        case.headers = {**(case.headers or {}), **headers}
        case.call_and_validate(checks=PROMISES, timeout=60)

    for operation in operations(deployment.url):
        _with_each(operation.as_strategy(), ask, EXAMPLES[caller])
    assert len(set(asked)) > 30
    assert "Traceback" not in deployment.server.log()


def _with_each(strategy: Any, ask: Callable[[Any], None], examples: int) -> None:
    wrap: Any = given(strategy)
    test = wrap(ask)
    settled: Any = hypothesis_settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    settled(test)()
