from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_language_and_time_zone")]

    operations = [migrations.AlterModelManagers(name="user", managers=[])]
