"""Who is added from now on has a name of their own, in every spelling."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_names_in_one_form")]

    operations = [
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("shares_name", False), models.Q(("username_key", ""), _negated=True)
                ),
                fields=("username_key",),
                name="accounts_user_name_key_unique",
            ),
        ),
    ]
