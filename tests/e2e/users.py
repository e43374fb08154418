"""Who plays in a test: a service and people, made by the deployment's own commands."""

from dataclasses import dataclass, field

from tests.e2e.services import Service
from tests.support.servers import Deployment

# Both commands in one process: half of the time that each takes is Python importing.
_COMMANDS = """
from django.core.management import call_command
call_command("create_service_key", "orders")
call_command("issue_token", *{names!r}, "--create")
"""


@dataclass(frozen=True, slots=True)
class ApiUser:
    """A user who is signed in twice."""

    name: str
    token: str = field(repr=False)
    second_token: str = field(repr=False)


class UserPool:
    """`key` is the service's, `urls` are those of the instances."""

    def __init__(self, key: str, urls: list[str], people: list[ApiUser]) -> None:
        self.key = key
        self.urls = urls
        self._waiting = people

    def person(self) -> ApiUser:
        """Somebody whom no test has had yet."""
        return self._waiting.pop()

    def people(self, count: int) -> list[ApiUser]:
        return [self.person() for _ in range(count)]

    def orders(self) -> Service:
        """The service, which knows every instance that ran when the cast was made."""
        return Service(self.key, *self.urls)


def create_users(deployment: Deployment, *, people: int) -> UserPool:
    """Make a service and so many users."""
    names = [f"person-{number}" for number in range(people)]
    code = _COMMANDS.format(names=names * 2)
    printed = deployment.manage("shell", "--no-imports", "--verbosity=0", "-c", code).split()
    key, tokens = printed[0], printed[1:]
    twice = zip(names, tokens[:people], tokens[people:], strict=True)
    urls = [server.url for server in deployment.servers]
    return UserPool(key, urls, [ApiUser(*each) for each in twice])
