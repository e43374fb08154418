"""The admin's form to send a notification."""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import orjson
from django import forms
from django.contrib.auth.models import Group
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from rest_framework.exceptions import ValidationError
from typing_extensions import override

from api.errors import ApiError
from notifications import limits, types
from notifications.api.fields import LinkField
from notifications.services import Audience, Content, count_recipients
from text.visible import NOTHING_VISIBLE, is_visible, visible_or_empty

USERS, GROUP, EVERYONE = "users", "group", "everyone"
_KEY_CHARS = 36


def _types() -> Iterator[tuple[str, Any]]:
    yield "", "---------"
    for category in types.categories():
        names = [one.name for one in types.registered().values() if one.category == category]
        yield category, [(name, name) for name in names]


class _Text(forms.CharField):
    """A text with LF line ends; browsers send CR LF."""

    @override
    def to_python(self, value: Any) -> str:
        text: str = super().to_python(value) or ""
        return text.replace("\r\n", "\n")


class SendForm(forms.Form):
    """Content and recipients. A valid form has `audience`, `content` and `count`."""

    type = forms.ChoiceField(label=_("type"), choices=_types)
    title = _Text(
        label=_("title"),
        max_length=limits.TITLE_CHARS,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("Left empty, it is the type's, in the language of each reader."),
    )
    message = _Text(
        label=_("message"),
        max_length=limits.MESSAGE_CHARS,
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
    )
    link = _Text(
        label=_("link"),
        max_length=limits.LINK_CHARS,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("A path of the site (/orders/7), or an http(s) URL."),
    )
    to = forms.ChoiceField(
        label=_("Recipients"),
        choices=[(USERS, _("Users")), (GROUP, _("A group")), (EVERYONE, _("Everyone"))],
        widget=forms.RadioSelect,
    )
    usernames = _Text(
        label=_("usernames"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text=format_lazy(
            _("One a line, or separated by commas; up to {most}."), most=f"{limits.RECIPIENTS:,}"
        ),
    )
    group = forms.ModelChoiceField(
        label=_("group"), queryset=Group.objects.order_by("name"), required=False
    )

    audience: Audience
    content: Content
    count: int

    def clean_title(self) -> str:
        return visible_or_empty(self.cleaned_data["title"])

    def clean_message(self) -> str:
        message: str = self.cleaned_data["message"]
        if not is_visible(message):
            raise forms.ValidationError(NOTHING_VISIBLE)
        return message

    def clean_link(self) -> str:
        link: str = self.cleaned_data["link"]
        try:
            return LinkField(allow_blank=True).run_validation(link) or ""
        except ValidationError as error:
            raise forms.ValidationError([str(each) for each in error.detail]) from None

    def clean_usernames(self) -> list[str]:
        lines = self.cleaned_data["usernames"].replace(",", "\n").split("\n")
        names = list(dict.fromkeys(name for line in lines if (name := line.strip())))
        if len(names) > limits.RECIPIENTS:
            raise forms.ValidationError(
                _("Expected at most %(most)s users, got %(count)s.")
                % {"most": f"{limits.RECIPIENTS:,}", "count": f"{len(names):,}"}
            )
        return names

    @override
    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.errors:
            return given
        wanted = {USERS: "usernames", GROUP: "group"}
        for to, field in wanted.items():
            if given["to"] == to and not given[field]:
                self.add_error(field, _("Expected recipients here."))
            elif given["to"] != to and given[field]:
                # It is unclear who is meant: either setting could be the mistake.
                self.add_error(field, _("Recipients are named here, but not chosen above."))
        if not self.errors:
            self._settle(given)
        return given

    def _settle(self, given: dict[str, Any]) -> None:
        group = given["group"]
        self.audience = Audience(
            usernames=tuple(given["usernames"]), group_id=group.pk if group else None
        )
        self.content = Content(
            type=given["type"], title=given["title"], message=given["message"], link=given["link"]
        )
        try:
            self.count = count_recipients(self.audience)
        except ApiError as error:
            self.refuse(error)

    def refuse(self, error: ApiError) -> None:
        """Show the errors of a service at the fields that they name."""
        for field, messages in (error.errors or {"": [error.message]}).items():
            self.add_error(field if field in self.fields else None, messages)

    def digest(self) -> str:
        """Return a hash of content and audience, for the idempotency key."""
        asked = {"content": asdict(self.content), "audience": asdict(self.audience)}
        return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def audience_text(self) -> str:
        """Return the recipients as a button shows them: `1,204 users`."""
        return users_text(self.count)


def users_text(count: int) -> str:
    """Return `1,204 users` in the language of the page."""
    return ngettext("%(count)s user", "%(count)s users", count) % {"count": f"{count:,}"}


class AgreedForm(forms.Form):
    """The additional fields of the preview: the key that makes it send once, and the confirmed
    count.
    """

    key = forms.CharField(max_length=_KEY_CHARS)
    expected = forms.IntegerField(min_value=0)
