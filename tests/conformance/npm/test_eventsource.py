"""The `eventsource` package, unmodified: it receives, and it comes back by itself where it was."""

import json

from tests.conformance.npm.programs import Program, program
from tests.contract.site import Site
from tests.support.servers import Deployment


def _texts(source: Program) -> list[str]:
    return [json.loads(data)["message"] for _, data in source.all_of("message")]


async def test_it_resumes_by_itself_when_its_instance_comes_back(
    site: Site, deployment: Deployment
) -> None:
    alice = site.person()
    doomed = deployment.add()
    async with program("eventsource.mjs", f"{doomed.url}/sse/notifications", alice.token) as source:
        await source.receives("open")
        await site.publishes(*((alice.topic, str(n)) for n in range(50)))
        await source.receives("message", 50)
        doomed.kill()
        await source.receives("error")
        await site.publishes((alice.topic, "while away"))
        doomed.start()
        await source.receives("open", 2)
        await site.publishes((alice.topic, "again"))
        await source.receives("message", 52)
        assert _texts(source) == [*(str(n) for n in range(50)), "while away", "again"]
        assert source.all_of("gap") == []


async def test_a_refusal_is_its_end(site: Site) -> None:
    async with program("eventsource.mjs", f"{site.url}/sse/notifications", "made-up") as source:
        assert await source.receives("error") == [[401]]
