"""Translatable names of our models and fields, for the admin.

Django derives a field's English label from its attribute name. Repeating each label in every model
would add nothing, so the labels of all models in the admin are made translatable at once.
Migrations are made from what the model declares, so they do not change.
"""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

APPS = ("accounts", "chat", "notifications", "realtime")
# Every label that was made translatable; `tools.messages` writes them into the catalogues.
labels: set[str] = set()


def translate_labels() -> None:
    """Make the labels translatable. Called once the models are loaded; repeating it changes
    nothing.
    """
    for model in _models():
        options: Any = model._meta
        name, plural = options.verbose_name, options.verbose_name_plural
        if "verbose_name_plural" not in options.original_attrs and not isinstance(name, Promise):
            plural = f"{name}s"  # as Django makes it, of a text that is not yet translatable
        options.verbose_name, options.verbose_name_plural = _label(name), _label(plural)
        for field in options.get_fields():
            if field.auto_created or not hasattr(field, "verbose_name"):
                continue
            field.verbose_name = _label(field.verbose_name)
            choices = getattr(field, "choices", None)
            if choices:
                field.choices = [(value, _choice(text)) for value, text in choices]


def _models() -> Iterator[Any]:
    for model in admin.site._registry:
        if model._meta.app_label in APPS:
            yield model


def _label(text: Any) -> Any:
    if isinstance(text, Promise):
        return text
    labels.add(text)
    return gettext_lazy(text)


def _choice(text: Any) -> Any:
    # Media types and similar values are the same in every language.
    return text if isinstance(text, str) and "/" in text else _label(text)
