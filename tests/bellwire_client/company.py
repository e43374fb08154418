"""Who plays in these tests: services and people, made by the deployment's own commands."""

from dataclasses import dataclass, field

from tests.support.servers import Deployment

# All in one process: most of the time that each command takes is Python importing.
_COMMANDS = """
from django.core.management import call_command
call_command("create_service_key", "orders")
call_command("create_service_key", "blog")
call_command("create_service_key", "reporter", "--scope", "jobs:write")
call_command("issue_token", *{names!r}, "--create")
"""


@dataclass(frozen=True, slots=True)
class ApiUser:
    name: str
    token: str = field(repr=False)


class Company:
    """`key` may do everything, `other_key` is another service's, `reporter_key` only has jobs."""

    def __init__(self, keys: list[str], people: list[ApiUser]) -> None:
        self.key, self.other_key, self.reporter_key = keys
        self._waiting = people

    def person(self) -> ApiUser:
        """Somebody whom no test has had yet."""
        return self._waiting.pop()

    def people(self, count: int) -> list[ApiUser]:
        return [self.person() for _ in range(count)]


def company_of(deployment: Deployment, *, people: int) -> Company:
    """Make the services and so many users."""
    names = [f"person-{number}" for number in range(people)]
    code = _COMMANDS.format(names=names)
    printed = deployment.manage("shell", "--no-imports", "--verbosity=0", "-c", code).split()
    pairs = zip(names, printed[3:], strict=True)
    return Company(printed[:3], [ApiUser(*each) for each in pairs])
