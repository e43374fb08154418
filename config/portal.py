"""The portal: one page, built by Vite into frontend/dist."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

# No inline script, nothing from another host: what is not named is not loaded at all. `'self'` has
# sockets to the page's own host in it. No text becomes a script, nor markup but by Vue's templates.
POLICY = (
    "default-src 'none'; connect-src 'self'; font-src 'self'; img-src 'self' data:; "
    "manifest-src 'self'; style-src 'self'; script-src 'self'; worker-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; object-src 'none'; "
    "require-trusted-types-for 'script'; trusted-types vue bellwire-worker"
)
WORKER_POLICY = "default-src 'none'"
# First parts of paths that are never the portal's: what is unknown below them is a 404.
NOT_THE_PAGE = "api|admin|static|notification|notifications|long-polling|sse|ws|ws-connect|messages"
UNBUILT = "The page is not built yet: run `make run`, or `npm ci && npm run build` in frontend/."


@ensure_csrf_cookie
def portal(request: HttpRequest) -> HttpResponse:
    """The page itself; everything that it shows comes from the API."""
    index = settings.PORTAL_DIST / "index.html"
    if not index.is_file():
        return HttpResponse(UNBUILT, status=503, content_type="text/plain; charset=utf-8")
    page = index.read_bytes()
    if settings.DEBUG:
        # The page shows a developer how to send a first notification, and users nothing of that.
        page = page.replace(b"<html ", b"<html data-development ", 1)
    response = HttpResponse(page, content_type="text/html; charset=utf-8")
    response["Content-Security-Policy"] = POLICY
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The portal's service worker. At the root, because a worker controls only what is below it."""
    script = settings.PORTAL_DIST / "service-worker.js"
    if not script.is_file():
        return HttpResponse(UNBUILT, status=503, content_type="text/plain; charset=utf-8")
    response = HttpResponse(script.read_bytes(), content_type="text/javascript; charset=utf-8")
    response["Content-Security-Policy"] = WORKER_POLICY
    response["Service-Worker-Allowed"] = "/"
    response["Cache-Control"] = "no-cache"
    return response
