"""The answer to OPTIONS: what a view is, not what its forms are (`/api/schema/` says that)."""

from typing import TYPE_CHECKING, Any

from rest_framework.metadata import BaseMetadata
from rest_framework.request import Request
from typing_extensions import override

if TYPE_CHECKING:  # DRF's views import this class by name, from the settings
    from rest_framework.views import APIView


class ViewMetadata(BaseMetadata):
    """The view's name, description and content types; `Allow` is a header of the answer.

    DRF's own also describes the fields of PUT and POST, for which it asks every generic view for a
    serializer. Views that read their input themselves have none, and that was a 500.
    """

    @override
    def determine_metadata(self, request: Request, view: "APIView") -> dict[str, Any]:
        return {
            "name": view.get_view_name(),
            "description": view.get_view_description(),
            "renders": [str(renderer.media_type) for renderer in view.renderer_classes],
            "parses": [str(parser.media_type) for parser in view.parser_classes],
        }
