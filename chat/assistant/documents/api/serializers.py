"""Input shapes of documents, and the output shapes for OpenAPI."""

import base64
import binascii
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from rest_framework import serializers
from typing_extensions import override

from accounts.users.names import groups_by_name
from api.fields import VisibleCharField
from api.inputs import Input
from chat.assistant.documents import formats, limits
from chat.assistant.documents.formats import Format
from chat.assistant.documents.intake import new_document
from chat.assistant.documents.services import Access, NewDocument


class _Input(Input):
    """Fields common to both ways of sending a document."""

    title = VisibleCharField(
        max_length=limits.TITLE_CHARS,
        required=False,
        allow_blank=True,
        help_text="Default: the document's own title, else the file's name.",
    )
    key = serializers.CharField(
        max_length=limits.KEY_CHARS,
        required=False,
        allow_blank=True,
        help_text="Your own id for it: sent again with the same key, it replaces the old version.",
    )
    groups = serializers.ListField(
        child=serializers.CharField(max_length=limits.GROUP_NAME_CHARS),
        required=False,
        max_length=limits.GROUPS,
        help_text="Names of the groups whose members may read it; an empty list means everyone. If "
        "omitted, a new document is for everyone, and an existing one keeps its groups.",
    )

    def validate_groups(self, names: list[str]) -> list[int]:
        found = groups_by_name(names)
        if unknown := sorted(set(names) - found.keys()):
            raise serializers.ValidationError(f"No such group: {', '.join(unknown)}")
        return sorted(set(found.values()))

    def read(self) -> NewDocument:
        """Parse the valid input. Raises `DocumentError`."""
        given = self.validated_data
        groups = given.get("groups")
        data, kind, name, charset = self.file()
        return new_document(
            data,
            kind,
            title=given.get("title", ""),
            name=name,
            key=given.get("key", ""),
            charset=charset,
            access=None if groups is None else Access(not groups, tuple(groups)),
        )

    def file(self) -> tuple[bytes, Format, str, str]:
        """The file's bytes, its format, its name, and its declared charset."""
        raise NotImplementedError


class FileInput(_Input):
    """`multipart/form-data`."""

    file_ = serializers.FileField(allow_empty_file=True)

    @override
    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        return {"file": fields.pop("file_"), **fields}

    @override
    def file(self) -> tuple[bytes, Format, str, str]:
        sent: UploadedFile[bytes] = self.validated_data["file"]
        # One byte above the limit is enough to refuse it.
        data = sent.read(limits.FILE_BYTES + 1)
        name = sent.name or ""
        kind = formats.detect_format(name=name, content_type=sent.content_type or "", data=data)
        return data, kind, name, formats.charset_of_upload(sent)


class TextInput(_Input):
    """`application/json`."""

    content = serializers.CharField(
        allow_blank=True, trim_whitespace=False, help_text="The text; a PDF in base64."
    )
    content_type = serializers.CharField(
        default=str(Format.TEXT), help_text=", ".join(str(each) for each in Format)
    )

    @override
    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if formats.parse_format(attrs["content_type"]) is None:
            expected = ", ".join(str(each) for each in Format)
            raise serializers.ValidationError(
                {"content_type": [f"Expected {expected}, got {attrs['content_type'][:100]}."]}
            )
        return attrs

    @override
    def file(self) -> tuple[bytes, Format, str, str]:
        kind = formats.parse_format(self.validated_data["content_type"]) or Format.TEXT
        content: str = self.validated_data["content"]
        if kind is not Format.PDF:
            # It was sent as text: a charset that the page declares no longer applies.
            return content.encode(), kind, "", "utf-8"
        try:
            return base64.b64decode(content, validate=True), kind, "", ""
        except (binascii.Error, ValueError):
            raise serializers.ValidationError(
                {"content": ["Expected a PDF in base64; send it as a file otherwise."]}
            ) from None


class DocumentOutput(serializers.Serializer[Any]):
    """The shape of chat/assistant/documents/payload.py."""

    id = serializers.CharField()
    title = serializers.CharField()
    content_type = serializers.ChoiceField(choices=[str(each) for each in Format])
    charset = serializers.CharField(
        allow_null=True,
        help_text="The charset that the file was decoded with, found by its byte order mark, as "
        "UTF-8, by its declaration, or by statistics. Null for a PDF.",
    )
    public = serializers.BooleanField()
    groups = serializers.ListField(child=serializers.CharField())
    status = serializers.ChoiceField(
        choices=["processing", "ready"],
        help_text="`processing`: searchable by words; its vectors are being computed.",
    )
    chunks = serializers.IntegerField(help_text="Number of its passages.")
    embedded = serializers.IntegerField(
        allow_null=True, help_text="Passages with a vector; null without search by meaning."
    )
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class WholeDocumentOutput(DocumentOutput):
    """A document with its text."""

    text = serializers.CharField()
