"""Texts of the server in notifications, in the language of each recipient.

A text that a sender omits is stored twice: in the default language, for programs without languages
(database tools, a search), and as the template that it was made from, which is rendered for each
recipient. A sender's own texts are never changed.
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

# The key in a logged event's data; it is never sent to clients.
TEMPLATES = "templates"
# The template of a notification with the title of its type.
TYPE_TITLE = "type"
# The fields that may have a template, and their lengths.
_FIELDS = {"title": limits.TITLE_CHARS, "message": limits.MESSAGE_CHARS}

_registered: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Template:
    """A registered text by its key, and the values of its placeholders."""

    key: str
    values: Mapping[str, str] = field(default_factory=dict)

    def packed(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {"key": self.key, **({"values": self.values} if self.values else {})}


def register_text(key: str, text: str) -> None:
    """Register `text`, a msgid of the catalogues with placeholders such as `%(author)s`."""
    _registered[key] = text


@lru_cache(maxsize=4_096)
def translated(text: str, language: str) -> str:
    """Return the text in the language; itself if its catalogue has no translation."""
    with override(language):
        return gettext(text)


def type_title(name: str, language: str) -> str | None:
    """Return the default title of this type; None if the type is unknown."""
    found = types.find(name)
    if found is None:
        return None
    own = found.titles.get(language) or found.titles.get(settings.LANGUAGE_CODE)
    if own is not None:
        return own
    return translated(found.title, language) if found.is_built_in else found.title


def render(template: Template, *, type_name: str, language: str) -> str | None:
    """Render the template; None if it cannot be rendered here."""
    if template.key == TYPE_TITLE:
        return type_title(type_name, language)
    text = _registered.get(template.key)
    try:
        values = {name: isolate(value) for name, value in template.values.items()}
        return None if text is None else translated(text, language) % values
    except (AttributeError, KeyError, TypeError, ValueError):
        return None  # another version's template, or a translation with other placeholders


def localized(shape: dict[str, Any], language: str) -> dict[str, Any]:
    """Render a notification's representation, with or without templates, in a language."""
    templates = shape.get(TEMPLATES)
    changes: dict[str, Any] = {}
    if templates is None:
        # Stored before templates were: the default title of its type stands for the type's title.
        if is_default_title(shape.get("title", ""), shape.get("type", "")):
            changes["title"] = type_title(shape["type"], language)
    else:
        for name, longest in _FIELDS.items():
            packed = templates.get(name)
            if packed:
                template = Template(packed["key"], packed.get("values", {}))
                text = render(template, type_name=shape["type"], language=language)
                if text is not None:
                    changes[name] = cut(text, longest)
    if not changes and templates is None:
        return shape
    return {name: value for name, value in (shape | changes).items() if name != TEMPLATES}


def is_default_title(title: str, type_name: str) -> bool:
    """Whether it is the title of this type in the default language."""
    return bool(title) and title == type_title(type_name, settings.LANGUAGE_CODE)
