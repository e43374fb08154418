"""`python -m tools.messages`: update and compile the message catalogues of the server.

Babel replaces GNU gettext, which a fresh machine may lack: it extracts the messages of code and
templates, merges them into each `config/locale/*/LC_MESSAGES/django.po` (new ones are empty, for a
translator to fill in), and writes the `.mo` beside it, which is committed as well.
"""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tools.paths import ROOT

APPS = ("accounts", "api", "chat", "config", "integrations", "notifications", "realtime")
LOCALE = ROOT / "config" / "locale"
_KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    "npgettext": ((1, "c"), 2, 3),
}


def catalogues() -> dict[str, Path]:
    """Return the `.po` file of each language that has one."""
    return {path.parts[-3]: path for path in sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))}


def collected() -> Catalog:
    """Return a catalogue of all messages in code, templates and models, without translations.

    Django must be set up.
    """
    # `config.labels` imports models, so Django has to be set up first.
    from config import labels

    found = Catalog()
    for path, source in _sources():
        place = path.relative_to(ROOT).as_posix()
        for _, message, comments, context in extract(
            "python",
            io.BytesIO(source.encode()),
            keywords=_KEYWORDS,
            comment_tags=("Translators:",),
        ):
            # Locations without line numbers: a line that moves is no change for a translator.
            found.add(message, locations=[(place, 0)], auto_comments=comments, context=context)
    for label in sorted(labels.labels):
        found.add(label, locations=[("config/labels.py", 0)])
    return found


def read(path: Path) -> Catalog:
    """Read the catalogue of a `.po` file."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3])


def compiled(catalog: Catalog) -> bytes:
    """Return the `.mo` file of a catalogue."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def _sources() -> Iterator[tuple[Path, str]]:
    # Needs the settings.
    from django.utils.translation.template import templatize

    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, path.read_text()
        for path in sorted((ROOT / app).rglob("templates/**/*.html")):
            yield path, templatize(path.read_text(), origin=str(path))


def _is_translated(message: Message) -> bool:
    forms = [message.string] if isinstance(message.string, str) else list(message.string or [""])
    return all(forms)


def main() -> None:
    """Update every catalogue, and list the messages without a translation."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    template = collected()
    for language, path in catalogues().items():
        catalog = read(path)
        # The header is kept: a date would change with every run.
        template.creation_date = catalog.creation_date
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, catalog, width=100, sort_output=True, include_lineno=False)
        path.with_suffix(".mo").write_bytes(compiled(read(path)))
        missing = [message.id for message in catalog if message.id and not _is_translated(message)]
        print(f"{language}: {len(catalog)} texts, {len(missing)} to be translated")
        for text in missing:
            print(f"  {text!r}")


if __name__ == "__main__":
    main()
