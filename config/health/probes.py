"""Probe paths accept any Host header: orchestrators and scrapers use an instance's address."""

from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware as DjangoCommonMiddleware
from typing_extensions import override

from config.middleware.admission.slots import UNLIMITED


class CommonMiddleware(DjangoCommonMiddleware):
    """Django's middleware, without the check of the Host header on probe paths.

    Their views build no URL, set no cookie and read no credential, so a forged Host changes
    nothing.
    """

    @override
    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        return None if request.path in UNLIMITED else super().process_request(request)
