"""Answers to what no view answers, in the shape of all REST errors: `{code, message}`."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    """A request that Django itself refuses."""
    return _answer(400, "INVALID", "The request is not valid")


def forbidden(request: HttpRequest, exception: Exception) -> JsonResponse:
    """A missing CSRF token outside the API, for the most part."""
    return _answer(403, "FORBIDDEN", "Forbidden")


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """A path that nothing stands at."""
    return no_such_path(request)


@csrf_exempt
def no_such_path(request: HttpRequest) -> JsonResponse:
    """The same as a view, for paths that only programs ask for."""
    return _answer(404, "NOT_FOUND", "There is nothing at this path")


def server_error(request: HttpRequest) -> JsonResponse:
    """A programming error: the log has it."""
    return _answer(500, "SERVER_ERROR", "Something went wrong on our side")


def _answer(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"code": code, "message": message}, status=status)
