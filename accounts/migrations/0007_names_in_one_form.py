"""Names are looked up by a key. Reports users who share one, and changes nothing of theirs."""

import sys
from typing import Any

from django.db import migrations, models

import accounts.users.name_fields
from accounts.users import names


def _complete(apps: Any, schema_editor: Any) -> None:
    users = apps.get_model("accounts", "User")._base_manager.using(schema_editor.connection.alias)
    names.settle(users)
    names.respell(users)
    if found := names.collisions(users):
        print(names.report_of(found), file=sys.stderr)
        print(
            "Each of them signs in with the exact spelling. `manage.py name_collisions` lists them.",
            file=sys.stderr,
        )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_user_manager"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="search_text",
            field=accounts.users.name_fields.SearchTextField(
                db_default="", default="", editable=False
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="shares_name",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name="user",
            name="username_key",
            field=accounts.users.name_fields.UsernameKeyField(
                db_default="", db_index=True, default="", editable=False, max_length=250
            ),
        ),
        migrations.RunPython(_complete, migrations.RunPython.noop),
    ]
