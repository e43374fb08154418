"""Texts and names in any charset: what was assumed is said, and nothing becomes garbage."""

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client as Browser

from accounts.models import User
from chat.assistant.documents.formats import Format
from chat.assistant.documents.models import Document
from chat.assistant.documents.parsers.reader import read_document
from tests.chat.assistant import library
from tests.chat.assistant.library import DocumentsClient

KOREAN = "연차 휴가는 입사일을 기준으로 발생합니다."
NAME = "연차 규정"


@pytest.mark.once
@pytest.mark.parametrize(
    ("text", "encoding", "charset"),
    [
        (KOREAN, "utf-8", "utf-8"),
        (KOREAN, "utf-8-sig", "utf-8"),
        (KOREAN, "cp949", "cp949"),
        ("연차", "euc-kr", "cp949"),
        ("똠방각하의 연차는 이월되지 않습니다", "cp949", "cp949"),
        (KOREAN, "utf-16", "utf-16"),
        (KOREAN, "utf-16-le", "utf-16le"),
        (KOREAN, "utf-16-be", "utf-16be"),
        (KOREAN, "utf-32", "utf-32"),
        (KOREAN, "iso2022_kr", "iso2022_kr"),
        ("leave", "utf-16", "utf-16"),
        ("leave", "ascii", "utf-8"),
        ("年次有給休暇は入社日を基準に付与されます。翌年に繰り越せます。", "cp932", "cp932"),
        ("连续年假规定：员工每年享有十五天的带薪年假。", "gb18030", "gb18030"),
        ("Отпуск составляет двадцать пять дней в году.", "cp1251", "cp1251"),
        ("Отпуск составляет двадцать пять дней в году.", "koi8-r", "koi8-u"),
        ("這是中文文件。退貨請在七天之內辦理。", "big5", "big5hkscs"),
        ("年次有給休暇は入社日を基準に付与されます。", "euc_jp", "euc_jp"),
        ("年次有給休暇は入社日を基準に付与されます。", "iso2022_jp", "iso2022_jp"),
        ("Αυτό είναι ελληνικό κείμενο", "iso8859_7", "cp1253"),
        ("החזר תוך שבעה ימים", "cp1255", "cp1255"),
        ("استرداد الأموال خلال سبعة أيام", "cp1256", "cp1256"),
        ("คืนเงินภายในเจ็ดวัน", "cp874", "cp874"),
        ("Ça dépend où l'été est déjà passé. Garçon, à bientôt", "cp1252", "cp1252"),
        ("Le délai est de sept jours à compter de la réception.", "cp1252", "cp1252"),
        ("Grüße aus Köln. Die Rückgabe ist möglich, außer für Waren.", "cp1252", "cp1252"),
        ("Grüße", "cp1252", "cp1252"),
        ("¿Cómo puedo solicitar el reembolso? Escríbanos mañana.", "cp1252", "cp1252"),
        ("O prazo de devolução é de sete dias. As solicitações não.", "cp1252", "cp1252"),
        ("Kontakt os på mailadressen, så hjælper vi dig gerne.", "cp1252", "cp1252"),
        ("Återbetalning sker inom sju dagar efter att vi mottagit varan.", "cp1252", "cp1252"),
        ("Palautusaika on seitsemän päivää.", "cp1252", "cp1252"),
        ("Il rimborso è possibile perché la qualità è garantita.", "cp1252", "cp1252"),
        ("“Refund within seven days” – that’s the policy…", "cp1252", "cp1252"),
        ("Příliš žluťoučký kůň úpěl ďábelské ódy.", "cp1250", "cp1250"),
        ("Wniosek o urlop należy złożyć u przełożonego.", "cp1250", "cp1250"),
        ("Zażółć gęślą jaźń: wszyscy są równi wobec prawa.", "iso8859_2", "iso8859-2"),
        ("Minden ember egyenlő méltóságú. Őrült tűz, szülők és fűtők.", "cp1250", "cp1250"),
        ("Čovjek ima pravo na godišnji odmor. Žena također.", "cp1250", "cp1250"),
        ("Jiems suteiktas protas ir sąžinė ir jie turi elgtis kaip broliai.", "cp1257", "cp1257"),
        ("Відпустка становить двадцять п'ять днів на рік.", "cp1251", "cp1251"),
        ("İade yedi gün içinde yapılabilir. Lütfen görüşünüz.", "cp1254", "cp1254"),
    ],
)
def test_text_is_read_in_its_charset_which_is_said(text: str, encoding: str, charset: str) -> None:
    parsed = read_document(text.encode(encoding), Format.TEXT)
    assert parsed.text == text.strip()
    assert parsed.charset == charset


@pytest.mark.once
@pytest.mark.parametrize("kind", [Format.MARKDOWN, Format.HTML])
@pytest.mark.parametrize("encoding", ["cp949", "utf-16"])
def test_every_kind_of_text_is_read_in_its_charset(kind: Format, encoding: str) -> None:
    parsed = read_document(KOREAN.encode(encoding), kind)
    assert (parsed.text.strip(), parsed.charset) == (KOREAN, encoding)


@pytest.mark.once
@pytest.mark.parametrize(
    "page",
    [
        '<meta charset="euc-kr"><p>{}',
        '<meta http-equiv="Content-Type" content="text/html; charset=ks_c_5601-1987"><p>{}',
        '<?xml version="1.0" encoding="EUC-KR"?><html><body><p>{}',
        "<p>{}",
    ],
)
def test_page_says_its_charset(page: str) -> None:
    parsed = read_document(page.format(KOREAN).encode("cp949"), Format.HTML)
    assert (parsed.text, parsed.charset) == (KOREAN, "cp949")


@pytest.mark.once
@pytest.mark.parametrize("declared", ["utf-8", "us-ascii", "nonsense", "base64", "cp949"])
def test_wrong_declaration_is_not_believed(declared: str) -> None:
    assert read_document(KOREAN.encode("cp949"), Format.TEXT, declared).text == KOREAN
    assert read_document(KOREAN.encode(), Format.TEXT, declared).text == KOREAN


def test_declaration_tells_what_bytes_do_not(wiki: DocumentsClient) -> None:
    answer = post(
        wiki, 'filename="a.txt"', "Grüße aus Köln".encode("cp1252"), "text/plain; charset=latin1"
    )
    assert answer.json()["charset"] == "cp1252"
    assert wiki.reads(answer.json()["id"]).json()["text"] == "Grüße aus Köln"


def test_text_in_json_is_text_whatever_its_page_says(wiki: DocumentsClient) -> None:
    page = f'<meta charset="euc-kr"><p>{KOREAN}'
    answer = wiki.adds(title="T", content=page, content_type="text/html")
    assert answer.json()["charset"] == "utf-8"
    assert wiki.reads(answer.json()["id"]).json()["text"] == KOREAN


def test_pdf_has_no_charset(wiki: DocumentsClient) -> None:
    assert wiki.uploads(library.pdf("Annual leave"), "a.pdf").json()["charset"] is None


def test_admin_says_the_charset(db: None) -> None:
    browser = Browser()
    browser.force_login(User.objects.create_superuser("root"))
    row = Document.objects.get(
        pk=library.service().uploads(KOREAN.encode("cp949"), "a.txt").json()["id"]
    )
    page = browser.get(f"/admin/chat/document/{row.pk}/change/").content.decode()
    assert "cp949" in page


# --- names ---------------------------------------------------------------------------------------

BOUNDARY = "----boundary"


def multipart(disposition: bytes, data: bytes, content_type: str, fields: bytes = b"") -> bytes:
    return (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; '.encode()
        + disposition
        + f"\r\nContent-Type: {content_type}\r\n\r\n".encode()
        + data
        + b"\r\n"
        + fields
        + f"--{BOUNDARY}--\r\n".encode()
    )


def post(
    client: DocumentsClient,
    disposition: str | bytes,
    data: bytes,
    content_type: str,
    fields: bytes = b"",
) -> Any:
    raw = disposition if isinstance(disposition, bytes) else disposition.encode()
    return client.http.post(
        library.API,
        multipart(raw, data, content_type, fields),
        content_type=f"multipart/form-data; boundary={BOUNDARY}",
    )


NAMES = [
    (f'filename="{NAME}.txt"'.encode(), NAME),
    (f'filename="{NAME}.txt"'.encode("cp949"), NAME),
    (f"filename={NAME.replace(' ', '')}.txt".encode("cp949"), "연차규정"),
    (f"filename*=UTF-8''{quote(NAME)}.txt".encode(), NAME),
    (f"filename*=utf-8'ko'{quote(NAME)}.txt".encode(), NAME),
    (f"filename*=euc-kr''{quote(NAME, encoding='cp949')}.txt".encode(), NAME),
    (f"filename*=x-windows-949''{quote(NAME, encoding='cp949')}.txt".encode(), NAME),
    (f"filename*=utf-8''{quote(NAME, encoding='cp949')}.txt".encode(), NAME),
    (f"filename=\"_.txt\"; filename*=UTF-8''{quote(NAME)}.txt".encode(), NAME),
    (f"filename*=UTF-8''{quote(NAME)}.txt; filename=\"_.txt\"".encode(), NAME),
    (b"filename=\"rules.txt\"; filename*=UTF-8''", "rules"),
    (
        f"filename*0*=UTF-8''{quote('연차')}; filename*1*=%20{quote('규정')};".encode()
        + b" filename*2=.txt",
        NAME,
    ),
    (b'filename="a%22b%22.txt"', 'a"b"'),
    (f'filename="{quote(NAME)}.txt"'.encode(), NAME),
    (b'filename="100%25 sure.txt"', "100%25 sure"),
    (b'filename="=?UTF-8?B?7Jew7LCoIOq3nOyglS50eHQ=?="', NAME),
    ('filename="日本語.txt"'.encode("cp932"), "日本語"),
    ('filename="Übersicht.txt"'.encode("cp1252"), "Übersicht"),
    (b'filename="C:\\\\docs\\\\rules.txt"', "rules"),
]


@pytest.mark.parametrize(("disposition", "title"), NAMES)
def test_file_name_arrives_whichever_way_it_is_written(
    wiki: DocumentsClient, disposition: bytes, title: str
) -> None:
    answer = post(wiki, disposition, b"Be kind.", "text/plain")
    assert answer.status_code == 201, answer.content
    assert answer.json()["title"] == title


@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_title_in_a_form_arrives_in_its_charset(wiki: DocumentsClient, encoding: str) -> None:
    field = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="title"\r\n\r\n{NAME}\r\n'
    answer = post(wiki, b'filename="a.txt"', b"Be kind.", "text/plain", field.encode(encoding))
    assert answer.json()["title"] == NAME


def test_file_name_in_cp949_arrives_in_the_admin(db: None) -> None:
    browser = Browser()
    browser.force_login(User.objects.create_superuser("root"))
    field = (
        b'--%s\r\nContent-Disposition: form-data; name="public"\r\n\r\non\r\n' % BOUNDARY.encode()
    )
    answer = browser.post(
        "/admin/chat/document/add/",
        multipart(
            f'filename="{NAME}.txt"'.encode("cp949"), KOREAN.encode("cp949"), "text/plain", field
        ),
        content_type=f"multipart/form-data; boundary={BOUNDARY}",
    )
    assert answer.status_code == 302, answer.content.decode()
    row = Document.objects.get()
    assert (row.title, row.text, row.charset) == (NAME, KOREAN, "cp949")


@pytest.mark.once
@pytest.mark.parametrize(
    ("title", "shown"),
    [
        (NAME.encode("cp949"), NAME),
        (b"\xfe\xff" + "연간".encode("utf-16-be"), "연간"),
        (b"Rules", "Rules"),
        ("Caf\xe9".encode("latin-1"), "Café"),
    ],
)
def test_title_of_a_pdf_is_read_in_its_charset(title: bytes, shown: str) -> None:
    assert read_document(library.pdf("Be kind.", title=title), Format.PDF).title == shown


@pytest.mark.once
@pytest.mark.parametrize(
    "information", [b"(a string)", b"42", b"[1 2]", b"<< /Title 42 >>", b"null"]
)
def test_pdf_is_read_whatever_its_information_is(information: bytes) -> None:
    parsed = read_document(library.pdf("Be kind.", information=information), Format.PDF)
    assert (parsed.text, parsed.title) == ("Be kind.", "")
