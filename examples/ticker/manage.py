"""`python manage.py serve` and `python manage.py tick`: see README.md."""

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    # The engine is not installed as a package here: it stands two folders above.
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticker.settings")
    execute_from_command_line(sys.argv)
