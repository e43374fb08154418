"""REST endpoints of documents."""

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.description import answer
from api.errors import ApiError, Code, invalid
from api.limits import MAX_ID
from api.media.parsers import JsonParser
from api.pagination import PagePagination
from chat import budgets
from chat.assistant.documents import limits, payload, services
from chat.assistant.documents.api import callers, schema
from chat.assistant.documents.api.serializers import (
    DocumentOutput,
    FileInput,
    TextInput,
    WholeDocumentOutput,
)
from chat.assistant.documents.models import Document
from chat.assistant.documents.parsers.errors import DocumentError, ParsersBusyError, TooLargeError
from chat.assistant.documents.selectors import embedding_progress

# Seconds; most files are parsed in less.
BUSY_RETRY_S = 5


class DocumentsView(GenericAPIView[Document]):
    permission_classes = (callers.ReadsOrWrites,)
    draws = {"POST": (budgets.DOCUMENTS_WRITE,)}
    pagination_class = PagePagination
    parser_classes = (JsonParser, MultiPartParser)

    @extend_schema(
        operation_id="documents_list",
        summary="The documents that the caller may read, newest first; for a service, its own",
        responses={
            200: answer(DocumentOutput(many=True), schema.A_DOCUMENT),
            **schema.errors(400),
        },
    )
    def get(self, request: Request) -> Response:
        rows = (
            callers.visible_documents(request)
            .order_by("-pk")
            .defer("text")
            .prefetch_related("groups")
        )
        page: list[Document] = self.paginate_queryset(rows) or []
        progress = embedding_progress([row.pk for row in page])
        return self.get_paginated_response(
            [payload.document(row, progress[row.pk]) for row in page]
        )

    @extend_schema(
        operation_id="documents_add",
        summary="Add a document (services with `documents:write`, people with the permission)",
        description="Markdown, text, HTML or PDF of at most "
        f"{limits.FILE_BYTES // 1024**2} MiB; texts in any common charset: `charset` "
        "says which. A document that the same sender sends again is updated, not added: the one "
        "with the same `key` or, without a key, with the same title and content.",
        request={"multipart/form-data": FileInput, "application/json": TextInput},
        responses={
            200: answer(DocumentOutput, schema.A_DOCUMENT, "The document existed before"),
            201: answer(DocumentOutput, schema.A_DOCUMENT),
            **schema.errors(400, 413, 503),
        },
        examples=schema.ADD_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        as_file = (request.content_type or "").startswith("multipart/")
        form: FileInput | TextInput = (FileInput if as_file else TextInput)(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            new = form.read()
        except ParsersBusyError as error:
            raise ApiError(Code.UNAVAILABLE, str(error), retry_after=BUSY_RETRY_S) from None
        except TooLargeError as error:
            raise ApiError(Code.MESSAGE_TOO_LARGE, str(error)) from None
        except DocumentError as error:
            raise invalid({"file" if as_file else "content": [str(error)]}) from None
        added = services.add_document(added_by=callers.sender_of(request), new=new)
        progress = embedding_progress([added.document.pk])[added.document.pk]
        shown = payload.document(added.document, progress)
        return Response(shown, status=201 if added.created else 200)


class DocumentView(APIView):
    permission_classes = (callers.ReadsOrWrites,)
    draws = {"DELETE": (budgets.DOCUMENTS_WRITE,)}

    @extend_schema(
        operation_id="documents_read",
        summary="A document with its text; the target of a source's `url`",
        responses={
            200: answer(WholeDocumentOutput, schema.A_WHOLE_DOCUMENT),
            **schema.errors(404),
        },
    )
    def get(self, request: Request, document_id: int) -> Response:
        row = _get_document(request, document_id)
        progress = embedding_progress([row.pk])[row.pk]
        return Response({**payload.document(row, progress), "text": row.text})

    @extend_schema(
        operation_id="documents_remove",
        summary="Remove a document (the service that added it, or people with the permission)",
        responses={204: None, **schema.errors(404)},
    )
    def delete(self, request: Request, document_id: int) -> Response:
        services.remove_documents(document_ids=[_get_document(request, document_id).pk])
        return Response(status=204)


def _get_document(request: Request, document_id: int) -> Document:
    row = None
    if document_id <= MAX_ID:
        row = callers.visible_documents(request).filter(pk=document_id).first()
    if row is None:
        raise ApiError(Code.NOT_FOUND, "Not found")
    return row
