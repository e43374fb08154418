from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("realtime", "0002_ack_state")]

    # No table: only a model for permissions and the admin log.
    operations = [
        migrations.CreateModel(
            name="LiveConnection",
            fields=[
                (
                    "connection_id",
                    models.CharField(max_length=32, primary_key=True, serialize=False),
                ),
            ],
            options={
                "permissions": [("disconnect_liveconnection", "Can disconnect live connections")],
                "managed": False,
                "default_permissions": ("view",),
            },
        ),
    ]
