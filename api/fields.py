"""Fields of serializers that more than one domain has."""

from typing import Any

from rest_framework import serializers
from typing_extensions import override

from text.visible import is_visible


class VisibleCharField(serializers.CharField):
    """Text that people read: one that shows nothing is blank, whatever it is made of.

    Where blank is allowed it becomes "", which stands for a text that was left out.
    """

    @override
    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if is_visible(text):
            return text
        if not self.allow_blank:
            self.fail("blank")
        return ""
