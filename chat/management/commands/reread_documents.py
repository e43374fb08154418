from typing import Any

from django.core.management.base import BaseCommand
from typing_extensions import override

from chat.assistant.documents import services
from chat.assistant.documents.formats import Format
from chat.assistant.documents.models import Document
from chat.assistant.documents.parsers.errors import DocumentError
from chat.assistant.documents.parsers.reader import VERSION, read_document

# For these the stored text is the source; for HTML and PDF the original file would be needed.
_KEPT = (str(Format.MARKDOWN), str(Format.TEXT))


class Command(BaseCommand):
    help = (
        "Parse Markdown and text documents again that an older release has parsed, and list the "
        "documents whose files have to be sent again."
    )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        old = Document.objects.filter(read_version__lt=VERSION).order_by("pk")
        read = 0
        for pk in list(old.filter(content_type__in=_KEPT).values_list("pk", flat=True)):
            row = Document.objects.filter(pk=pk).first()
            if row is None:
                continue
            try:
                parsed = read_document(row.text.encode(), Format(row.content_type), "utf-8")
            except DocumentError as error:
                self.stderr.write(f"{row.pk} {row.title}: {error}")
                continue
            read += services.reread_document(document_id=row.pk, parsed=parsed)
        self.stdout.write(f"{read} documents were read again.")
        # The terms of the other documents can at least be recomputed.
        services.reindex_documents()
        rest = list(old.exclude(content_type__in=_KEPT).values_list("pk", "title", "added_by"))
        for pk, title, added_by in rest:
            self.stdout.write(f"To be sent again: {pk} {title} ({added_by})")
