import pytest
from django.contrib.auth.models import Group
from pytest_django import DjangoAssertNumQueries
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory

from api.pagination import PagePagination

HERE = "http://testserver/numbers/45"


def test_twenty_a_page_with_links_both_ways(client: APIClient) -> None:
    first = client.get("/numbers/45").json()
    assert first == {"results": list(range(20)), "next": f"{HERE}?page=2", "previous": None}
    second = client.get(first["next"]).json()
    assert second["results"] == list(range(20, 40))
    assert (second["next"], second["previous"]) == (f"{HERE}?page=3", f"{HERE}?page=1")
    third = client.get(second["next"]).json()
    assert third["results"] == list(range(40, 45))
    assert third["next"] is None


def test_a_full_last_page_has_no_next(client: APIClient) -> None:
    assert client.get("/numbers/20").json()["next"] is None
    assert client.get("/numbers/0").json() == {"results": [], "next": None, "previous": None}


def test_links_keep_the_other_parameters(client: APIClient) -> None:
    answer = client.get("/numbers/45?size=5&status=UNREAD").json()
    assert answer["next"] == f"{HERE}?page=2&size=5&status=UNREAD"


@pytest.mark.parametrize("size", ["101", "1000000000", "9" * 400])
def test_above_a_hundred_is_taken_as_a_hundred(client: APIClient, size: str) -> None:
    assert len(client.get(f"/numbers/300?size={size}").json()["results"]) == 100


@pytest.mark.parametrize("page", ["4", "1000000000", "9" * 400, "9" * 4300])
def test_a_page_beyond_the_end_is_empty(client: APIClient, page: str) -> None:
    answer = client.get(f"/numbers/45?page={page}")
    assert answer.status_code == 200
    assert answer.json()["results"] == []


@pytest.mark.parametrize("name", ["page", "size"])
@pytest.mark.parametrize(
    "value", ["0", "-1", "", "x", "1.5", "1e9", "1_000", " 7", "+5", "٣", "NaN", "9" * 4301]
)
def test_nonsense_is_400_and_named(client: APIClient, name: str, value: str) -> None:
    answer = client.get("/numbers/45", {name: value})
    assert answer.status_code == 400
    assert answer.json()["code"] == "INVALID"
    assert answer.json()["errors"].keys() == {name}


@pytest.mark.django_db
def test_a_page_of_rows_is_one_query_and_no_count(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    Group.objects.bulk_create(Group(name=f"g{number:02}") for number in range(30))
    groups = Group.objects.order_by("name")
    for page, expected in (("2", 10), ("9" * 400, 0)):
        request = Request(APIRequestFactory().get("/", {"page": page}))
        with django_assert_num_queries(1):
            assert len(PagePagination().paginate_queryset(groups, request)) == expected
