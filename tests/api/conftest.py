import pytest
from pytest_django import Settings
from rest_framework.test import APIClient


@pytest.fixture(autouse=True)
def _surroundings(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.api.urls"


@pytest.fixture
def client() -> APIClient:
    return APIClient(raise_request_exception=False)
