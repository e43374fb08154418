"""The portal: a single page, built by Vite into frontend/dist."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

# No inline script, and nothing from another host. `'self'` covers sockets to the page's own host.
# Only Vue's templates may create markup, and no text becomes a script.
POLICY = (
    "default-src 'none'; connect-src 'self'; font-src 'self'; img-src 'self' data:; "
    "manifest-src 'self'; style-src 'self'; script-src 'self'; worker-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; object-src 'none'; "
    "require-trusted-types-for 'script'; trusted-types vue bellwire-worker"
)
WORKER_POLICY = "default-src 'none'"
# First parts of paths that never belong to the portal: unknown paths below them are a 404.
NOT_PORTAL_PATHS = (
    "api|admin|static|notification|notifications|long-polling|sse|ws|ws-connect|messages"
)
UNBUILT = "The page is not built yet: run `make run`, or `npm ci && npm run build` in frontend/."


@ensure_csrf_cookie
def portal(request: HttpRequest) -> HttpResponse:
    """Respond with the page; all its data comes from the API."""
    index = settings.PORTAL_DIST / "index.html"
    if not index.is_file():
        return HttpResponse(UNBUILT, status=503, content_type="text/plain; charset=utf-8")
    page = index.read_bytes()
    if settings.DEBUG:
        # In development the page shows how to send a first notification.
        page = page.replace(b"<html ", b"<html data-development ", 1)
    response = HttpResponse(page, content_type="text/html; charset=utf-8")
    response["Content-Security-Policy"] = POLICY
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The service worker. At the root, as a worker controls only paths below its own."""
    script = settings.PORTAL_DIST / "service-worker.js"
    if not script.is_file():
        return HttpResponse(UNBUILT, status=503, content_type="text/plain; charset=utf-8")
    response = HttpResponse(script.read_bytes(), content_type="text/javascript; charset=utf-8")
    response["Content-Security-Policy"] = WORKER_POLICY
    response["Service-Worker-Allowed"] = "/"
    response["Cache-Control"] = "no-cache"
    return response
