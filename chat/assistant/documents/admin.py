"""Documents in Django's admin: upload with progress, passages, and access.

Pages escape everything of a document, so that none of it is ever interpreted as markup.
"""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, JsonResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from accounts.models import User
from chat.assistant.documents import payload, selectors, services
from chat.assistant.documents.forms import ChangeForm, UploadForm
from chat.assistant.documents.models import Document

# A page with all passages of a book would be of no use; the others are counted.
PASSAGES_SHOWN = 200


@admin.register(Document)
class DocumentAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = (
        "title",
        "content_type",
        "public",
        "passages",
        "state",
        "added_by",
        "updated_at",
    )
    list_filter = ("content_type", "public", "groups")
    search_fields = ("title", "added_by")
    ordering = ("-pk",)
    show_full_result_count = False
    filter_horizontal = ("groups",)
    form = ChangeForm
    shown = (
        "content_type",
        "read_as",
        "added_by",
        "created_at",
        "updated_at",
        "processing",
        "chunks",
    )

    class Media:
        js = ("chat/documents.js",)
        css = {"all": ("chat/documents.css",)}

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        rows: QuerySet[Document] = super().get_queryset(request)
        return rows.defer("text").annotate(count=Count("chunks"))

    @admin.display(description=_("passages"), ordering="count")
    def passages(self, row: Any) -> int:
        return int(row.count)

    @admin.display(description=_("state"))
    def state(self, row: Document) -> str:
        return str(_("ready") if payload.is_ready(row) else _("processing"))

    @admin.display(description=_("processing"))
    def processing(self, row: Document) -> SafeString:
        return render_to_string("admin/chat/document/progress.html", _progress(row))

    @admin.display(description=_("charset"))
    def read_as(self, row: Document) -> str:
        return row.charset or "-"

    @admin.display(description=_("passages"))
    def chunks(self, row: Document) -> SafeString:
        found = row.chunks.order_by("number").defer("words", "vector")
        context = {"chunks": found[:PASSAGES_SHOWN], "more": max(0, row.count - PASSAGES_SHOWN)}  # type: ignore[attr-defined]
        return render_to_string("admin/chat/document/chunks.html", context)

    @override
    def get_form(
        self, request: HttpRequest, obj: Document | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = UploadForm
        return super().get_form(request, obj, change, **kwargs)

    @override
    def get_fields(self, request: HttpRequest, obj: Document | None = None) -> Any:
        if obj is None:
            return ("file", "content", "title", "public", "groups")
        return ("title", "public", "groups", *self.shown)

    @override
    def get_readonly_fields(self, request: HttpRequest, obj: Document | None = None) -> Any:
        return self.shown if obj is not None else ()

    @override
    def save_model(
        self, request: HttpRequest, obj: Document, form: "ModelForm[Document]", change: bool
    ) -> None:
        access = services.Access(
            obj.public, tuple(group.pk for group in form.cleaned_data["groups"])
        )
        if change:
            services.change_document(document_id=obj.pk, title=obj.title, access=access)
            return
        assert isinstance(form, UploadForm)  # noqa: S101 - by get_form
        assert isinstance(request.user, User)  # noqa: S101 - by the admin
        new = form.new_document(access)
        added = services.add_document(added_by=f"user:{request.user.pk}", new=new)
        # Django uses `obj` for the redirect and for the admin's history.
        obj.__dict__.update(added.document.__dict__)

    @override
    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing: the service has stored the groups already."""

    @override
    def delete_model(self, request: HttpRequest, obj: Document) -> None:
        services.remove_documents(document_ids=[obj.pk])

    @override
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        services.remove_documents(document_ids=list(queryset.values_list("pk", flat=True)))

    @override
    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        # Without passages: hundreds of lines on the confirmation page would help nobody.
        names = [str(each) for each in objs]
        needed = set() if self.has_delete_permission(request) else {str(self.opts.verbose_name)}
        return names, {str(self.opts.verbose_name_plural): len(names)}, needed, []

    @override
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.progress_view)
        name = "chat_document_progress"
        return [path("<int:document_id>/progress/", view, name=name), *super().get_urls()]

    def progress_view(self, request: HttpRequest, document_id: int) -> JsonResponse:
        """The progress of embedding as JSON, for the page's script."""
        row = self.get_object(request, str(document_id))
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        return JsonResponse(_progress(row))


def _progress(row: Document) -> dict[str, Any]:
    progress = selectors.embedding_progress([row.pk]).get(row.pk, selectors.Progress(0, 0))
    return {
        "id": row.pk,
        "chunks": progress.chunks,
        "embedded": progress.embedded,
        "ready": payload.is_ready(row),
    }
