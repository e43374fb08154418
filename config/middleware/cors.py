"""CORS for the allowed origins, by the same rule as for cookies, sockets and frames."""

from typing import Any

from starlette.middleware.cors import CORSMiddleware
from typing_extensions import override

from accounts.conf import conf as accounts_conf
from accounts.credentials.origins import is_allowed


class AllowedOriginsCors(CORSMiddleware):
    """Starlette's middleware, which by itself supports plain origins and one regular expression."""

    def __init__(self, application: Any, **options: Any) -> None:
        super().__init__(application, allow_origins=(), **options)

    @override
    def is_allowed_origin(self, origin: str) -> bool:
        return is_allowed(origin, accounts_conf().allowed_origins)
