"""Settings that are declared once: name, default, unit, range and reason in one place.

An app declares its settings as the fields of a frozen dataclass, in its `conf.py`:

    @dataclass(frozen=True)
    class Tickets:
        ticket_s: int = setting(30, "s", "How long a ticket is valid.")

    conf = declare(Tickets, settings, setting_changed)

and reads them as `conf().ticket_s`. A value comes from Django's settings if they have it (a
project's own, or a test's `override_settings`), else from the environment (`BELLWIRE_TICKET_S`),
else it is the default. docs/operations.md is generated from the declarations (`make generate`).

This package imports the standard library only, so that every other package may use it.
"""

from env_settings.declarations import Declared, declare, load_all
from env_settings.fields import MISSING, Setting, sections, setting, settings_of
from env_settings.parsing import SettingError, is_development

__all__ = [
    "declare",
    "setting",
    "load_all",
    "SettingError",
    "Declared",
    "Setting",
    "settings_of",
    "sections",
    "MISSING",
    "is_development",
]
