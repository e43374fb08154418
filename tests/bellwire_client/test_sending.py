"""What a service sends with a client is what its users get."""

import uuid
from datetime import UTC, datetime, timedelta

from bellwire_client import Batch, Sent
from tests.bellwire_client import stored
from tests.bellwire_client.company import Company
from tests.bellwire_client.either import Client, done
from tests.e2e.services import inbox
from tests.support.servers import Deployment


async def test_what_is_sent_is_in_the_inbox_with_every_field(
    client: Client, company: Company, deployment: Deployment
) -> None:
    alice = company.person()
    until = datetime.now(UTC) + timedelta(hours=1)

    sent = await done(
        client.send(
            usernames=[alice.name],
            type="ORDER_CREATED",
            title="주문 1042번",
            message="On its way ✓",
            link="/orders/1042",
            reference_id="1042",
            reference_type="order",
            data={"routing": {"type": "order", "path": "/orders/1042", "params": {"tab": 1}}},
            collapse_key="order-1042",
            expires_at=until,
        )
    )

    (row,) = await inbox(deployment.url, alice.token)
    assert sent == Sent(sent.batch_id, 1, (row["id"],))
    del row["user_id"], row["created_at"]
    assert row == {
        "id": sent.ids[0],
        "type": "ORDER_CREATED",
        "title": "주문 1042번",
        "message": "On its way ✓",
        "link": "/orders/1042",
        "status": "UNREAD",
        "reference_id": "1042",
        "reference_type": "order",
        "data": {"routing": {"type": "order", "path": "/orders/1042", "params": {"tab": 1}}},
        "read_at": None,
    }


async def test_recipients_may_be_named_by_id_by_name_and_by_the_issuers_id(
    client: Client, company: Company, deployment: Deployment
) -> None:
    message = f"to three {uuid.uuid4()}"
    stranger = f"stranger-{uuid.uuid4()}"
    alice = company.person()

    by_name = await done(client.send(usernames=[alice.name], type="SYSTEM", message=message))
    (row,) = await inbox(deployment.url, alice.token)
    by_id = await done(client.send(user_ids={row["user_id"]}, type="SYSTEM", message=message))
    by_issuer = await done(client.send(external_ids=(stranger,), type="SYSTEM", message=message))

    ids = [*by_name.ids, *by_id.ids, *by_issuer.ids]
    assert stored.notifications(deployment, message) == ids
    assert [row["id"] for row in await inbox(deployment.url, alice.token)] == ids[1::-1]


async def test_a_newer_one_with_the_same_collapse_key_takes_the_place_of_the_older(
    client: Client, company: Company, deployment: Deployment
) -> None:
    alice = company.person()
    for likes in (1, 2, 3):
        await done(
            client.send(
                usernames=[alice.name],
                type="BLOG_LIKE",
                message=f"{likes} likes",
                collapse_key="likes-of-9",
            )
        )

    rows = await inbox(deployment.url, alice.token)
    assert [row["message"] for row in rows] == ["3 likes"]


async def test_a_batch_can_be_followed_and_revoked(
    client: Client, company: Company, deployment: Deployment
) -> None:
    people = company.people(2)
    names = [person.name for person in people]
    sent = await done(client.send(usernames=names, type="SYSTEM", message="A mistake"))
    assert await done(client.sent(sent.batch_id)) == Batch(sent.batch_id, 2, read=0, deleted=0)

    await done(client.revoke(sent.batch_id))
    await done(client.revoke(sent.batch_id))

    assert await done(client.sent(sent.batch_id)) == Batch(sent.batch_id, 2, read=0, deleted=2)
    for person in people:
        assert await inbox(deployment.url, person.token) == []


async def test_a_thousand_go_in_one_call_in_the_order_given(
    client: Client, company: Company, deployment: Deployment
) -> None:
    message = f"to all {uuid.uuid4()}"
    names = (f"crowd-{number}" for number in range(1_000))

    sent = await done(client.send(external_ids=names, type="SYSTEM", message=message))

    assert sent.count == len(sent.ids) == 1_000
    assert stored.notifications(deployment, message) == sorted(sent.ids)


async def test_two_calls_with_the_same_idempotency_key_send_once(
    client: Client, company: Company, deployment: Deployment
) -> None:
    message = f"once {uuid.uuid4()}"
    key = f"order-{uuid.uuid4()}"

    async def sends() -> Sent:
        return await done(
            client.send(
                external_ids=["somebody"], type="SYSTEM", message=message, idempotency_key=key
            )
        )

    first = await sends()
    assert await sends() == first
    assert stored.notifications(deployment, message) == list(first.ids)


async def test_two_calls_without_a_key_send_twice(
    client: Client, company: Company, deployment: Deployment
) -> None:
    message = f"twice {uuid.uuid4()}"
    for _ in range(2):
        await done(client.send(external_ids=["somebody"], type="SYSTEM", message=message))
    assert len(stored.notifications(deployment, message)) == 2
