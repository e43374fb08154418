"""Staff get from the admin what their permissions name, and never a way to more of them.

Every page of the admin is posted to by every kind of staff: one for each permission that a page
knows, one with all the others, and one who has them all. What they post asks for everything that an
account can hold.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.admin import ModelAdmin, site
from django.contrib.auth.models import Group, Permission
from django.db.models import Model
from django.test import Client
from django.urls import NoReverseMatch, reverse
from pytest_django import Settings

from accounts.models import Login, User
from accounts.services import issue_access_tokens

pytestmark = [pytest.mark.django_db, pytest.mark.once]

NEW_PASSWORD = "a new and rather long password"
EVERYTHING = "everything"
RESERVED = "reserved"
WITHOUT_PAGES = "all that no page knows"
# Where power lies: walked by every kind of staff, besides the pages that their permission is for.
POWERFUL = (User, Group)


def permissions_of(model: type[Model]) -> list[str]:
    """Every permission about `model`, as `app.codename`."""
    about = model._meta
    standard = (f"{verb}_{about.model_name}" for verb in about.default_permissions)
    own = (codename for codename, _ in about.permissions)
    return [f"{about.app_label}.{codename}" for codename in (*standard, *own)]


KINDS = {name: model for model in site._registry for name in permissions_of(model)}


@dataclass
class Office:
    """The accounts that somebody could take over, or grow into."""

    root: User
    manager: User
    staff: User
    masters: Group

    def powers(self) -> Any:
        """All that must be afterwards as it was before."""
        return {
            "accounts": {
                user.username: (
                    user.is_superuser,
                    user.is_staff,
                    user.external_id,
                    sorted(user.groups.values_list("pk", flat=True)),
                    sorted(user.user_permissions.values_list("pk", flat=True)),
                )
                for user in User.objects.order_by("pk")
                # An account that was added may exist: it is checked for what it can do.
                if user.username != "added" or user.is_staff or user.is_superuser
            },
            "root": User.objects.filter(username="root").values().get(),
            "manager": User.objects.filter(username="manager").values().get(),
            "sign-ins": list(Login.objects.exclude(user=self.staff).order_by("pk").values()),
            "groups": [
                (group.name, sorted(group.permissions.values_list("pk", flat=True)))
                for group in Group.objects.order_by("pk")
            ],
        }


@pytest.fixture
def office(settings: Settings, caplog: pytest.LogCaptureFixture) -> Office:
    # Thousands of refusals are what is asked for.
    caplog.set_level(logging.ERROR, logger="django.request")
    settings.ALLOWED_HOSTS = ["testserver"]
    # Hashing slowly on purpose is Django's; here it would only be waited for.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    root = User.objects.create_superuser("root", password="x")
    manager = User.objects.create_user("manager", password="x", is_staff=True, external_id="boss")
    masters = Group.objects.create(name="masters")
    masters.permissions.set([_permission(name) for name in permissions_of(User)])
    # One that nobody else has, so that nobody else may manage the manager.
    kind = Permission.objects.get(codename="change_user").content_type
    masters.permissions.create(codename=RESERVED, name="Reserved", content_type=kind)
    manager.groups.add(masters)
    issue_access_tokens(users=[root, manager])
    return Office(root, manager, User.objects.create_user("staff", is_staff=True), masters)


def at_the_admin(user: User, *names: str) -> Client:
    """A client signed in as `user`, who holds these permissions and no others."""
    every = Permission.objects.exclude(codename=RESERVED)
    if EVERYTHING in names:
        user.user_permissions.set(every)
    elif WITHOUT_PAGES in names:
        known = {_permission(name).pk for name in KINDS}
        user.user_permissions.set(every.exclude(pk__in=known))
    else:
        user.user_permissions.set([_permission(name) for name in names])
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def _permission(name: str) -> Permission:
    app, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def demand(username: str, **more: Any) -> dict[str, Any]:
    """A form that asks for all that an account or a group can hold."""
    few = Permission.objects.filter(content_type__app_label__in=("accounts", "auth"))
    every = list(few.values_list("pk", flat=True))
    return {
        "username": username,
        "email": "staff@evil.example",
        "first_name": "Changed",
        "external_id": f"sub-of-{username}",
        "is_superuser": "on",
        "is_staff": "on",
        "groups": [str(pk) for pk in Group.objects.values_list("pk", flat=True)],
        "user_permissions": every,
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
        "usable_password": "true",
        "password1": NEW_PASSWORD,
        "password2": NEW_PASSWORD,
        "name": "mine",
        "permissions": every,
        "post": "yes",
        **more,
    }


def pages_of(desk: "ModelAdmin[Any]", targets: list[Model]) -> Iterator[tuple[str, str]]:
    """Each address below a model's list, with the username that its form has to bring."""
    for pattern in desk.get_urls():
        if pattern.name is None:
            continue
        named = pattern.pattern.converters
        for target in targets if named else [None]:
            values = dict.fromkeys(named, target.pk if target else None)
            try:
                address = reverse(f"admin:{pattern.name}", kwargs=values)
            except NoReverseMatch:  # a number where this model's keys are texts
                continue
            yield address, target.username if isinstance(target, User) else "added"


def post(client: Client, address: str, body: dict[str, Any]) -> None:
    text = urlencode(body, doseq=True)
    answer: Any = client.post(address, text, content_type="application/x-www-form-urlencoded")
    assert answer.status_code < 500, address


def walk(client: Client, desk: "ModelAdmin[Any]", office: Office) -> None:
    """Post to all that one model has in the admin."""
    model: type[Model] = desk.model
    if model is User:
        # Oneself comes last: who deletes or disables that account does nothing more.
        targets: list[Any] = [office.root, office.manager, office.staff]
    else:
        targets = list(model._default_manager.all()[:3]) if model._meta.managed else []
    for address, username in pages_of(desk, targets):
        if not (username == "staff" and address.endswith("/delete/")):
            post(client, address, demand(username))
    top = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    for action in ["delete_selected", *map(str, desk.actions or ())]:
        chosen = [target.pk for target in targets if target != office.staff]
        post(client, top, {"action": action, "_selected_action": chosen, "post": "yes"})


@pytest.mark.parametrize("permission", [*KINDS, WITHOUT_PAGES, EVERYTHING])
def test_no_kind_of_staff_gets_more_than_they_have(office: Office, permission: str) -> None:
    names = [permission]
    if about := KINDS.get(permission):
        # Whoever acts on the rows of a list must see it.
        names.append(f"{about._meta.app_label}.view_{about._meta.model_name}")
    client = at_the_admin(office.staff, *names)
    before = office.powers()
    for model, desk in site._registry.items():
        if permission == EVERYTHING or model is about or model in POWERFUL:
            walk(client, desk, office)
    assert office.powers() == before


def test_the_walk_takes_everything_where_nothing_forbids_it(office: Office) -> None:
    """What the test above does would be noticed: a superuser does it."""
    client = at_the_admin(User.objects.create_superuser("other", password="x"))
    address = reverse("admin:accounts_user_change", args=[office.staff.pk])
    before = office.powers()
    assert client.post(address, demand("staff")).status_code == 302
    after = office.powers()
    changed, kept = after["accounts"]["staff"], before["accounts"]["staff"]
    assert [was != now for was, now in zip(kept, changed, strict=True)] == [
        True, False, True, True, True,
    ]  # fmt: skip
    walk(client, site._registry[Group], office)
    assert office.powers()["groups"] != before["groups"]


HELPDESK = ("accounts.view_user", "accounts.change_user")


@pytest.fixture
def customer(db: None) -> User:
    return User.objects.create_user("customer", password="x")


def test_helpdesk_changes_names_and_passwords_of_ordinary_users(
    office: Office, customer: User
) -> None:
    client = at_the_admin(office.staff, *HELPDESK)
    page = reverse("admin:accounts_user_change", args=[customer.pk])
    assert client.post(page, demand("customer")).status_code == 302
    password = reverse("admin:auth_user_password_change", args=[customer.pk])
    assert client.post(password, demand("customer")).status_code == 302
    customer.refresh_from_db()
    assert customer.first_name == "Changed"
    assert customer.check_password(NEW_PASSWORD)
    assert (customer.is_staff, customer.is_superuser, customer.external_id) == (False, False, None)
    assert customer.is_active, "the form left `is_active` out, which is not theirs to change"


@pytest.mark.parametrize("page", ["change", "history", "delete"])
def test_pages_of_superusers_are_closed_to_others(office: Office, page: str) -> None:
    address = reverse(f"admin:accounts_user_{page}", args=[office.root.pk])
    assert at_the_admin(office.staff, EVERYTHING).get(address).status_code == 403
    assert at_the_admin(office.root).get(address).status_code == 200


def test_password_of_stronger_staff_is_not_set(office: Office) -> None:
    client = at_the_admin(office.staff, *HELPDESK)
    address = reverse("admin:auth_user_password_change", args=[office.manager.pk])
    assert client.post(address, demand("manager")).status_code == 403
    # Django says that a disabled account has no permissions; enabled again, it has.
    User.objects.filter(pk=office.manager.pk).update(is_active=False)
    assert client.post(address, demand("manager")).status_code == 403


def act(client: Client, action: str, *users: User) -> str:
    body = {"action": action, "_selected_action": [str(user.pk) for user in users]}
    answer = client.post("/admin/accounts/user/", body, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def standing(user: User) -> bool:
    return Login.objects.filter(user=user, revoked_at=None).exists()


@pytest.mark.parametrize(
    ("permission", "signed_out", "active"),
    [
        ("accounts.change_user", False, True),
        ("accounts.sign_out_user", True, True),
        ("accounts.disable_user", True, False),
    ],
)
def test_signing_out_and_disabling_are_permissions_of_their_own(
    office: Office, customer: User, permission: str, signed_out: bool, active: bool
) -> None:
    issue_access_tokens(users=[customer])
    client = at_the_admin(office.staff, "accounts.view_user", permission)
    for action in ("sign_out", "disable"):
        act(client, action, customer)
    customer.refresh_from_db()
    assert (not standing(customer), customer.is_active) == (signed_out, active)


@pytest.mark.parametrize("action", ["sign_out", "disable"])
def test_action_leaves_superusers_out_and_says_so(
    office: Office, customer: User, action: str
) -> None:
    issue_access_tokens(users=[customer])
    client = at_the_admin(office.staff, "accounts.view_user", f"accounts.{action}_user")
    text = act(client, action, customer, office.root)
    assert "Left out: 1." in text
    assert standing(office.root)
    assert not standing(customer)


def test_sign_in_of_a_superuser_is_not_ended_by_others(office: Office) -> None:
    client = at_the_admin(office.staff, "accounts.view_login", "accounts.sign_out_user")
    login = Login.objects.get(user=office.root)
    body = {"action": "revoke", "_selected_action": [str(login.pk)]}
    assert client.post("/admin/accounts/login/", body).status_code == 302
    assert standing(office.root)


def test_enabling_again_takes_the_permission_to_disable(office: Office, customer: User) -> None:
    User.objects.filter(pk=customer.pk).update(is_active=False)
    page = reverse("admin:accounts_user_change", args=[customer.pk])
    body = demand("customer", is_active="on")
    assert at_the_admin(office.staff, *HELPDESK).post(page, body).status_code == 302
    customer.refresh_from_db()
    assert not customer.is_active
    able = at_the_admin(office.staff, *HELPDESK, "accounts.disable_user")
    assert able.post(page, body).status_code == 302
    customer.refresh_from_db()
    assert customer.is_active
