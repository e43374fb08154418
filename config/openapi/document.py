"""`/api/schema/` and the page that shows it; public, and the same for everybody.

The document depends on the code alone, so a process makes it once: that takes a second of processor
time, and the endpoint requires no credential.
"""

import hashlib
import threading
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.encoding import force_bytes
from django.views.decorators.csrf import ensure_csrf_cookie
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import override

from api.case import case_of

# Swagger UI's bundle writes style attributes into its markup. Everything else is a file.
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
# Browsers cache it, but revalidate it each time: the next release may have changed it.
REVALIDATED = "public, no-cache"


class CasedGenerator(SchemaGenerator):
    """Describes fields in one case (config/openapi/case.py)."""

    def __init__(self, case: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.case = case


class RenderedSchema:
    """Caches the rendered schema by case and renderer. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._documents: dict[str, dict[str, Any]] = {}
        self._texts: dict[tuple[type[BaseRenderer], str], tuple[bytes, str]] = {}

    def read(self, renderer: BaseRenderer, case: str) -> tuple[bytes, str]:
        """Return the rendered schema and its ETag."""
        kind = type(renderer), case
        # Concurrent requests wait for the one that renders it.
        with self._lock:
            if kind not in self._texts:
                if case not in self._documents:
                    self._documents[case] = CasedGenerator(case).get_schema(public=True)  # type: ignore[no-untyped-call]
                text = force_bytes(renderer.render(self._documents[case], renderer_context={}))
                digest = hashlib.sha256(text).hexdigest()[:32]
                self._texts[kind] = (text, f'"{digest}"')
            return self._texts[kind]


_schema = RenderedSchema()


class SchemaView(SpectacularAPIView):
    """OpenAPI as YAML or JSON, by content negotiation or `?format=json`."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(exclude=True)
    @override
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response | HttpResponse:
        renderer = request.accepted_renderer
        text, etag = _schema.read(renderer, case_of(request))
        headers = {
            "ETag": etag,
            "Cache-Control": REVALIDATED,
            "Content-Disposition": f'inline; filename="bellwire.{renderer.format}"',
        }
        kind = f"{renderer.media_type}; charset=utf-8"
        whole = HttpResponse(text, content_type=kind, headers=headers)
        answer = get_conditional_response(request._request, etag=etag, response=whole)
        return answer if isinstance(answer, HttpResponse) else whole


@ensure_csrf_cookie
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI, from our own static files."""
    response = render(request, "config/docs.html")
    response["Content-Security-Policy"] = DOCS_POLICY
    response["Cache-Control"] = "private, no-cache"
    return response
