"""The admin's forms: to add a document, and to change its title and access."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from chat.assistant.documents import formats, intake, limits
from chat.assistant.documents.formats import Format
from chat.assistant.documents.models import Document
from chat.assistant.documents.parsers.errors import DocumentError
from chat.assistant.documents.services import Access, NewDocument
from text.visible import NOTHING_VISIBLE, is_visible

_TITLE_HELP = _("Left empty: what the document calls itself, else the file's name.")
_PUBLIC_HELP = _("Otherwise only members of the groups below may read it.")


class ChangeForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean_title(self) -> str:
        title: str = self.cleaned_data["title"]
        if not is_visible(title):
            raise forms.ValidationError(NOTHING_VISIBLE)
        return title

    class Meta:
        model = Document
        fields = ("title", "public", "groups")
        help_texts = {"public": _PUBLIC_HELP}


class UploadForm(forms.ModelForm):  # type: ignore[type-arg]
    """A file, or typed Markdown. It is parsed in validation, so errors appear next to the field."""

    file = forms.FileField(
        label=_("file"), required=False, help_text=_("Markdown, text, HTML or PDF.")
    )
    content = forms.CharField(
        label=_("content"),
        required=False,
        strip=False,
        max_length=limits.TEXT_CHARS,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Or Markdown, in place of a file."),
    )
    title = forms.CharField(
        label=_("title"), required=False, max_length=limits.TITLE_CHARS, help_text=_TITLE_HELP
    )

    class Meta:
        model = Document
        fields = ("title", "public", "groups")
        help_texts = {"public": _PUBLIC_HELP}

    @override
    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        self._read: NewDocument | None = None
        if self.errors:
            return given
        sent, content = given.get("file"), given.get("content", "")
        if bool(sent) == is_visible(content):
            raise forms.ValidationError(_("Choose a file, or write into the field below it."))
        try:
            self._read = self._new_document(sent, content, given.get("title", ""))
        except DocumentError as error:
            self.add_error("file" if sent else "content", str(error))
        else:
            given["title"] = self._read.title
        return given

    def new_document(self, access: Access) -> NewDocument:
        """The document of the valid form."""
        assert self._read is not None  # noqa: S101 - set by `clean` of a valid form
        read = self._read
        return NewDocument(read.title, read.format, read.parsed, read.digest, read.key, access)

    def _new_document(self, sent: Any, content: str, title: str) -> NewDocument:
        if not sent:
            return intake.new_document(
                content.encode(), Format.MARKDOWN, title=title, charset="utf-8"
            )
        data = sent.read(limits.FILE_BYTES + 1)
        kind = formats.detect_format(
            name=sent.name, content_type=sent.content_type or "", data=data
        )
        charset = formats.charset_of_upload(sent)
        return intake.new_document(data, kind, title=title, name=sent.name, charset=charset)
