"""Columns derived from a user's names, however the row is written."""

from typing import Any, Final

from django.db import models
from typing_extensions import override

from accounts.users import names
from text.names import KEY_CHARS, key_of

# Instances of an earlier release insert rows without these columns.
_DERIVED: Final[dict[str, Any]] = {"editable": False, "default": "", "db_default": ""}


class UsernameKeyField(models.CharField):  # type: ignore[type-arg]
    """`text.names.key_of` of the username."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**_DERIVED | {"max_length": KEY_CHARS} | kwargs)

    @override
    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = key_of(getattr(model_instance, "username"))  # noqa: B009 - of some model
        setattr(model_instance, self.attname, key)
        return key


class SearchTextField(models.TextField):  # type: ignore[type-arg]
    """`accounts.users.names.search_text` of the user's names."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**_DERIVED | kwargs)

    @override
    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        parts = (getattr(model_instance, each) for each in ("username", "first_name", "last_name"))
        found = names.search_text(*parts)
        setattr(model_instance, self.attname, found)
        return found
