"""docker-compose.yml, Dockerfile and deploy/env.example agree, and give no secret away."""

import re
from typing import Any, cast

import pytest
import yaml

from tools.paths import ROOT

pytestmark = pytest.mark.once

TEXT = (ROOT / "docker-compose.yml").read_text()
SERVICES = cast(dict[str, dict[str, Any]], yaml.safe_load(TEXT)["services"])
EXAMPLE = (ROOT / "deploy" / "env.example").read_text()
SECRETS = ("SECRET_KEY", "POSTGRES_PASSWORD")


def test_it_starts_a_database_redis_two_instances_and_a_balancer() -> None:
    assert set(SERVICES) == {"postgres", "redis", "migrate", "web1", "web2", "nginx"}
    assert SERVICES["nginx"]["ports"] == ["8080:8080"]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_has_no_default_and_its_absence_stops_the_start(secret: str) -> None:
    uses = re.findall(rf"\$\{{{secret}(.*?)\}}", TEXT)

    assert uses
    assert all(use.startswith(":?") for use in uses)
    assert re.search(rf"^{secret}=$", EXAMPLE, re.MULTILINE)


def test_every_variable_of_the_compose_file_is_in_the_example() -> None:
    used = set(re.findall(r"\$\{(\w+)", TEXT))
    explained = set(re.findall(r"^(\w+)=", EXAMPLE, re.MULTILINE))

    assert used == explained


@pytest.mark.parametrize("name", ["postgres", "redis", "nginx"])
def test_a_service_of_another_image_says_when_it_is_healthy(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


def test_our_image_says_when_it_is_healthy_and_is_not_run_by_root() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()

    assert "/healthz" in dockerfile
    assert re.search(r"^USER bellwire$", dockerfile, re.MULTILINE)


def test_the_instances_wait_for_the_migration_and_have_time_to_drain() -> None:
    for name in ("web1", "web2"):
        assert SERVICES[name]["depends_on"]["migrate"] == {
            "condition": "service_completed_successfully"
        }
        assert SERVICES[name]["stop_grace_period"] == "35s"


def test_the_image_has_every_room() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {
        "tests",
        "tools",
        "benchmarks",
        # Services take it into their own images.
        "bellwire_client",
    }

    assert rooms == set(re.findall(r"^COPY (\w+) \1$", dockerfile, re.MULTILINE))
    # All else is kept out of what the build is sent.
    sent = (ROOT / ".dockerignore").read_text().splitlines()
    assert sorted(rooms - {line.removeprefix("!") for line in sent if line[:1] == "!"}) == []


def test_the_instances_are_told_of_the_model_and_the_image_may_have_the_extra() -> None:
    reported = SERVICES["web1"]["environment"]
    for name in ("LLM_BASE_URL", "LLM_API_KEY", "LLM_MODEL"):
        assert reported[name] == f"${{{name}:-}}"
    assert SERVICES["web1"]["build"]["args"] == {"EMBEDDINGS": "${EMBEDDINGS:-0}"}
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^ARG EMBEDDINGS=0$", dockerfile, re.MULTILINE)
    assert "requirements-embeddings.txt" in dockerfile


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_container_is_confined(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert any("size=" in folder for folder in service["tmpfs"])
    # Only the database has to become another user.
    assert ("cap_add" in service) == (name == "postgres")
