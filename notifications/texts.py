"""Texts that the server makes, in the language of whoever reads them.

What a sender leaves out is stored twice: as text in the default language, for those who know no
languages (the database's own tools, a search), and as the template that it was made from. Readers
are shown the template in theirs. What a sender gives is never touched.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, override

from notifications import limits, types
from text.bidi import isolate
from text.graphemes import cut

# The key in the data of a logged event; nobody is shown it.
TEMPLATES = "templates"
# The template of a notification that is called as its type is.
TYPE_TITLE = "type"
# The fields that may have a template, and how long each may be.
_FIELDS = {"title": limits.TITLE_CHARS, "message": limits.MESSAGE_CHARS}

_registered: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Template:
    """A registered text by its key, and what stands in its places."""

    key: str
    values: Mapping[str, str] = field(default_factory=dict)

    def packed(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"key": self.key, **({"values": self.values} if self.values else {})}


def register_text(key: str, text: str) -> None:
    """Let templates use `text`, a msgid of the catalogues with places such as `%(author)s`."""
    _registered[key] = text


@lru_cache(maxsize=4_096)
def translated(text: str, language: str) -> str:
    """The text in the language, itself where its catalogue has none."""
    with override(language):
        return gettext(text)


def type_title(name: str, language: str) -> str | None:
    """What a notification of this type without a title is called; None if nobody registered it."""
    found = types.find(name)
    if found is None:
        return None
    own = found.titles.get(language) or found.titles.get(settings.LANGUAGE_CODE)
    if own is not None:
        return own
    return translated(found.title, language) if found.is_built_in else found.title


def made(template: Template, *, type_name: str, language: str) -> str | None:
    """The template's text; None if it cannot be made here."""
    if template.key == TYPE_TITLE:
        return type_title(type_name, language)
    text = _registered.get(template.key)
    try:
        values = {name: isolate(value) for name, value in template.values.items()}
        return None if text is None else translated(text, language) % values
    except (AttributeError, KeyError, TypeError, ValueError):
        return None  # another version's template, or a translation with other places


def localized(shape: dict[str, Any], language: str) -> dict[str, Any]:
    """A notification's shape, with its templates among it or not, as a reader is shown it."""
    templates = shape.get(TEMPLATES)
    changes: dict[str, Any] = {}
    if templates is None:
        # From before templates were kept: the default title of its type is its type's title.
        if is_default_title(shape.get("title", ""), shape.get("type", "")):
            changes["title"] = type_title(shape["type"], language)
    else:
        for name, longest in _FIELDS.items():
            packed = templates.get(name)
            if packed:
                template = Template(packed["key"], packed.get("values", {}))
                text = made(template, type_name=shape["type"], language=language)
                if text is not None:
                    changes[name] = cut(text, longest)
    if not changes and templates is None:
        return shape
    return {name: value for name, value in (shape | changes).items() if name != TEMPLATES}


def is_default_title(title: str, type_name: str) -> bool:
    """Whether a type is called like this in the default language."""
    return bool(title) and title == type_title(type_name, settings.LANGUAGE_CODE)
