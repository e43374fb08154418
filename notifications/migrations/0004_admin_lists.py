import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0003_job"),
    ]

    operations = [
        migrations.AlterField(
            model_name="notification",
            name="batch",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notifications",
                to="notifications.batch",
            ),
        ),
        migrations.AddIndex(
            model_name="batch",
            index=models.Index(fields=["created_at", "id"], name="batch_newest"),
        ),
        migrations.AddIndex(
            model_name="batch",
            index=models.Index(fields=["sender", "created_at", "id"], name="batch_sender"),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(fields=["batch", "created_at", "id"], name="notification_batch"),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["created_at", "id"],
                name="notification_deleted",
            ),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("id__gt", 0)), fields=["created_at", "id"], name="everybodys"
            ),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("id__gt", 0)),
                fields=["type", "created_at", "id"],
                name="everybodys_type",
            ),
        ),
    ]
