"""Paths that orchestrators and scrapers ask, by an instance's address: whatever the Host."""

from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware as DjangoCommonMiddleware
from typing_extensions import override

from config.middleware.slots import UNLIMITED


class CommonMiddleware(DjangoCommonMiddleware):
    """Django's, whose check of the Host header these paths do without.

    They build no URL, set no cookie and read no credential, so that a forged Host changes nothing.
    """

    @override
    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        return None if request.path in UNLIMITED else super().process_request(request)
