"""deploy/nginx.conf: nginx accepts it, and no log line can hold a token."""

import re
from pathlib import Path

import pytest

from tests.support import parts
from tests.support.balancer import CONFIGURATION, adapted, checked

pytestmark = pytest.mark.once


def test_nginx_accepts_the_configuration(tmp_path: Path) -> None:
    nginx = parts.nginx_binary()
    if nginx is None:
        pytest.skip("nginx is not there, and only apt-get as root could install it")
    file = tmp_path / "nginx.conf"
    file.write_text(adapted(8080, [8001, 8002], tmp_path))

    said = checked(nginx.where, file)

    assert "[warn]" not in said


def test_the_log_format_names_nothing_that_can_hold_a_token() -> None:
    log_format = re.search(r"log_format [^;]+;", CONFIGURATION.read_text())

    assert log_format
    variables = set(re.findall(r"\$\w+", log_format[0]))
    # $args, $query_string, $request, $request_uri and $http_referer carry the query string,
    # $http_authorization and $http_cookie the credential itself.
    assert variables <= {
        "$remote_addr",
        "$time_iso8601",
        "$request_method",
        "$logged_uri",
        "$server_protocol",
        "$status",
        "$body_bytes_sent",
        "$request_time",
        "$http_user_agent",
        "$upstream_addr",
    }


def test_every_access_log_uses_that_format() -> None:
    logs = re.findall(r"^\s*access_log\s+(.+);", CONFIGURATION.read_text(), re.MULTILINE)

    assert logs == ["/dev/stdout bellwire"]


@pytest.mark.parametrize(
    "directive",
    [
        "client_header_timeout 10s",
        "client_body_timeout 10s",
        "send_timeout 30s",
        "limit_conn clients 2000",
        "limit_conn_status 429",
        # A slow client's request waits in nginx; answers stream.
        "proxy_request_buffering on",
        "proxy_buffering off",
    ],
)
def test_slow_clients_and_greedy_addresses_are_bounded(directive: str) -> None:
    assert re.search(rf"^\s*{directive};", CONFIGURATION.read_text(), re.MULTILINE)
