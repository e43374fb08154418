"""The security schemes of the OpenAPI document."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from typing_extensions import override

from accounts.credentials.extraction import ACCESS_COOKIE


class RequestAuthenticationScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Bearer token, service key, cookie or ticket: each by itself suffices."""

    target_class = "accounts.api.authentication.RequestAuthentication"
    name = ["bearer", "serviceKey", "cookie", "ticket"]

    @override
    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[Any]]]:
        return [{name: []} for name in self.name]

    @override
    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:
        return [
            {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "`Api-Key <key>`, for internal services",
            },
            {"type": "apiKey", "in": "cookie", "name": ACCESS_COOKIE},
            {"type": "apiKey", "in": "query", "name": "ticket"},
        ]
