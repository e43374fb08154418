"""The response to OPTIONS: what a view is; `/api/schema/` describes its fields."""

from typing import TYPE_CHECKING, Any

from rest_framework.metadata import BaseMetadata
from rest_framework.request import Request
from typing_extensions import override

if TYPE_CHECKING:  # DRF's views import this class by name, from the settings
    from rest_framework.views import APIView


class ViewMetadata(BaseMetadata):
    """The view's name, description and content types; the header `Allow` has its methods.

    DRF's own class also describes the fields of PUT and POST, and requires a serializer of every
    generic view. Views that parse their input themselves have none, and would respond 500.
    """

    @override
    def determine_metadata(self, request: Request, view: "APIView") -> dict[str, Any]:
        return {
            "name": view.get_view_name(),
            "description": view.get_view_description(),
            "renders": [str(renderer.media_type) for renderer in view.renderer_classes],
            "parses": [str(parser.media_type) for parser in view.parser_classes],
        }
