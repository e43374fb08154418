"""Responses where no view responds, in the shape of all REST errors: `{code, message}`."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Respond to a request that Django itself rejects."""
    return _answer(400, "INVALID", "The request is not valid")


def forbidden(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Respond to a request without permission outside the API, usually for lack of a CSRF token."""
    return _answer(403, "FORBIDDEN", "Forbidden")


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Respond to an unknown path."""
    return no_such_path(request)


@csrf_exempt
def no_such_path(request: HttpRequest) -> JsonResponse:
    """Respond like `not_found`, as a view for paths that only programs request."""
    return _answer(404, "NOT_FOUND", "There is nothing at this path")


def server_error(request: HttpRequest) -> JsonResponse:
    """Respond to an unhandled exception; Django has logged its traceback."""
    return _answer(500, "SERVER_ERROR", "Something went wrong on our side")


def _answer(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"code": code, "message": message}, status=status)
