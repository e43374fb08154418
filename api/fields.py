"""Serializer fields used by several domains."""

from typing import Any

from rest_framework import serializers
from typing_extensions import override

from text.visible import is_visible


class VisibleCharField(serializers.CharField):
    """Text for people: a value without a visible character is blank.

    Where blank is allowed the value becomes "", which stands for an omitted text.
    """

    @override
    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if is_visible(text):
            return text
        if not self.allow_blank:
            self.fail("blank")
        return ""
