"""SockJS from pages whose Origin is `null`, and what other origins are answered through nginx."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext

from tests.browser.tab import PASSWORD
from tests.endpoints.company import Company
from tests.support.balancer import Balancer
from tests.support.deadlines import PATIENCE_S
from tests.support.servers import Deployment
from tools.paths import FRONTEND

pytestmark = pytest.mark.once

SHOP = "https://shop.example"
CLIENT = FRONTEND / "node_modules" / "sockjs-client" / "dist" / "sockjs.min.js"
# The first frame that the server sends over STOMP, or how it closed instead.
CONNECT = """([url, transport, token]) => new Promise((resolve) => {
  const socket = new SockJS(url, null, { transports: [transport] })
  socket.onopen = () => socket.send(
    `CONNECT\\naccept-version:1.2\\nhost:x\\nAuthorization:Bearer ${token}\\n\\n\\0`)
  socket.onmessage = ({ data }) => { resolve([origin, socket.transport, data.split('\\n')[0]]) }
  socket.onclose = ({ code, reason }) => resolve([origin, code, reason])
})"""
CORS = ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials")


@pytest.fixture(scope="module")
def deployment_settings() -> dict[str, str]:
    return {"BELLWIRE_ALLOWED_ORIGINS": f"null,{SHOP}"}


@pytest.mark.parametrize("frame", ["file", "sandbox"])
# The client itself does without its XHR transports where a page has no origin.
@pytest.mark.parametrize("transport", ["websocket", "eventsource"])
def test_sockjs_connects_from_a_page_without_an_origin(
    portal: Company,
    people: Callable[..., BrowserContext],
    tmp_path: Path,
    frame: str,
    transport: str,
) -> None:
    # Within the page: a sandboxed one may load no file beside it.
    script = CLIENT.read_text().replace("</script", "<\\/script")
    (tmp_path / "inner.html").write_text(f"<!doctype html><script>{script}</script>")
    (tmp_path / "outer.html").write_text(
        '<!doctype html><iframe name="inner" sandbox="allow-scripts" src="inner.html"></iframe>'
    )
    page = people().new_page()
    page.goto((tmp_path / ("inner.html" if frame == "file" else "outer.html")).as_uri())
    place = page.main_frame if frame == "file" else page.frame("inner")
    assert place is not None
    place.wait_for_load_state()

    token = portal.sign_in("alice", PASSWORD).access
    received = place.evaluate(CONNECT, [f"{portal.url}/ws-connect", transport, token])

    assert received == ["null", transport, "CONNECTED"]


@pytest.mark.parametrize("origin", [SHOP, "null"])
def test_no_answer_through_nginx_says_twice_who_may_read_it(
    deployment: Deployment, portal: Company, balancer: Callable[..., Balancer], origin: str
) -> None:
    proxy = balancer(*deployment.servers)
    token = portal.sign_in("alice", PASSWORD).access
    preflight = {
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization,last-event-id",
    }
    asked: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("GET", "/static/client/bellwire.js", {}),
        ("GET", "/api/v1/auth/me", {"Authorization": f"Bearer {token}"}),
        ("GET", "/api/v1/nowhere", {}),
        ("GET", "/api/v1/notifications", {}),
        ("GET", "/long-polling/notifications?timeout=0", {"Authorization": f"Bearer {token}"}),
        ("GET", "/sse/notifications", {}),
        ("GET", "/ws/info", {}),
        ("GET", "/ws-connect/info", {}),
        ("POST", "/ws/000/x/xhr_send", {}),
        ("OPTIONS", "/ws/000/y/xhr", preflight),
        ("OPTIONS", "/sse/notifications", preflight),
        ("OPTIONS", "/api/v1/notifications", preflight),
    )
    with httpx.Client(base_url=proxy.url, timeout=PATIENCE_S) as client:
        for method, path, headers in asked:
            answer = client.request(method, path, headers={"Origin": origin, **headers})
            said = [answer.headers.get_list(name) for name in CORS]
            assert len(said[0]) == 1, (method, path, answer.status_code, said)
            assert said[0] == [origin], (method, path, said)
            assert all(len(values) <= 1 for values in said), (method, path, said)
