"""Documents to test with, and those who add and read them."""

import io
import zlib
from typing import Any

from pypdf import PdfReader, PdfWriter
from rest_framework.test import APIClient

from accounts.credentials.service_keys import create_service_key
from accounts.models import User
from accounts.services import issue_access_tokens
from chat.assistant.documents import services
from chat.assistant.documents.formats import Format
from chat.assistant.documents.intake import new_document
from chat.assistant.documents.models import Document
from chat.assistant.documents.services import Access

API = "/api/v1/chat/documents"


def shelve(
    text: str, title: str = "A document", *, access: Access | None = None, key: str = ""
) -> Document:
    """Add a document of Markdown past HTTP."""
    new = new_document(text.encode(), Format.MARKDOWN, title=title, access=access, key=key)
    return services.add_document(added_by="service:wiki", new=new).document


class DocumentsClient:
    """Somebody with a credential, at the endpoints."""

    def __init__(self, authorization: str) -> None:
        self.http = APIClient()
        self.http.credentials(HTTP_AUTHORIZATION=authorization)

    def adds(self, **body: Any) -> Any:
        return self.http.post(API, body, format="json")

    def uploads(self, data: bytes, name: str, content_type: str = "", **fields: Any) -> Any:
        file = io.BytesIO(data)
        file.name = name
        if content_type:
            file.content_type = content_type  # type: ignore[attr-defined]
        return self.http.post(API, {"file": file, **fields}, format="multipart")

    def reads(self, document_id: object) -> Any:
        return self.http.get(f"{API}/{document_id}")

    def removes(self, document_id: object) -> Any:
        return self.http.delete(f"{API}/{document_id}")

    def lists(self, **query: Any) -> Any:
        return self.http.get(API, query)


def service(name: str = "wiki", *scopes: str) -> DocumentsClient:
    _, key = create_service_key(name=name, scopes=scopes or ("documents:write",))
    return DocumentsClient(f"Api-Key {key}")


def signed_in(user: User) -> DocumentsClient:
    return DocumentsClient(f"Bearer {issue_access_tokens(users=[user])[0]}")


def faults(answer: Any) -> dict[str, list[str]]:
    """What a 400 says of the fields."""
    assert answer.status_code == 400, answer.content
    assert answer.json()["code"] == "INVALID"
    found: dict[str, list[str]] = answer.json()["errors"]
    return found


def pdf(*pages: str, title: str | bytes = "", information: bytes = b"") -> bytes:
    """A PDF with a page for each text, whose lines are set in Helvetica.

    `information` is what stands in place of the dictionary with its title.
    """
    raw = title.encode() if isinstance(title, str) else title
    return _pdf([_drawn(page) for page in pages], information or b"<< /Title (%s) >>" % raw)


def encrypted(data: bytes, password: str) -> bytes:
    """The same PDF behind a password."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.encrypt(user_password=password, owner_password="owner")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def bomb(size: int) -> bytes:
    """A small PDF with one page whose content unpacks to `size` bytes."""
    return _pdf_of_packed([_packed_blanks(size)], b"<< >>")


def _packed_blanks(size: int) -> bytes:
    """`size` blanks in zlib's format.

    Compressing 600 MB takes six seconds of each run. After a full flush nothing refers to what was
    before it, so one compressed piece can be repeated.
    """
    piece = b" " * 1_000_000
    pieces, rest = divmod(size, len(piece))
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
    end = packer.compress(piece[:rest]) + packer.flush()
    checksum = zlib.adler32(b"")
    for _ in range(pieces):
        checksum = zlib.adler32(piece, checksum)
    checksum = zlib.adler32(piece[:rest], checksum)
    return b"\x78\x9c" + packed * pieces + end + checksum.to_bytes(4, "big")


def _drawn(text: str) -> bytes:
    lines = "".join(f"({line}) Tj 0 -14 Td\n" for line in text.split("\n"))
    return f"BT /F1 12 Tf 50 780 Td\n{lines}ET".encode()


def _pdf(contents: list[bytes], information: bytes) -> bytes:
    return _pdf_of_packed([zlib.compress(content) for content in contents], information)


def _pdf_of_packed(contents: list[bytes], information: bytes) -> bytes:
    """A page for each content, which is compressed already."""
    count = len(contents)
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {count} /Kids [{kids}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, packed in enumerate(contents):
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode(),
            f"<< /Filter /FlateDecode /Length {len(packed)} >>\nstream\n".encode()
            + packed
            + b"\nendstream",
        ]
    objects.append(information)
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    trailer = f"<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>"
    out += f"trailer\n{trailer}\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)
