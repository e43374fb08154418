from typing import Any

from django.core.management.base import BaseCommand
from typing_extensions import override

from chat.assistant.documents import services


class Command(BaseCommand):
    help = "Recompute the search terms of all documents, after a release that changes the analyser."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{services.reindex_documents()} documents")
