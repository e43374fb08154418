"""Declared settings classes, and where their values come from."""

import os
import threading
from typing import Any, Final, Generic, TypeVar

from env_settings.fields import MISSING, Setting, settings_of
from env_settings.parsing import SettingError, is_development, parse

T = TypeVar("T")


class Declared(Generic[T]):
    """An app's settings. Calling it returns the frozen object with the values in force."""

    def __init__(self, cls: type[T], project: object, changed: Any) -> None:
        self.cls = cls
        self.settings: Final = settings_of(cls)
        self._project = project
        self._defaults: dict[str, Any] = {}
        self._environment: T | None = None
        self._current: T | None = None
        # Whoever reads the project's settings while one changes keeps nothing stale: the change
        # comes first, and its signal waits for this.
        self._lock = threading.RLock()
        self._names = {one.project_name for one in self.settings}
        changed.connect(self._setting_changed, weak=False)

    def __call__(self) -> T:
        """Return the values in force: the project's, else the environment's, else the defaults."""
        current = self._current
        if current is not None:
            return current
        with self._lock:
            values = vars(self.environment()).copy()
            for one in self.settings:
                if hasattr(self._project, one.project_name):
                    values[one.field] = getattr(self._project, one.project_name)
            self._current = self.cls(**values)
            return self._current

    def environment(self) -> T:
        """Return the environment's values, or the defaults, without the project's.

        For the module of Django's settings, which cannot ask for itself. Raises `SettingError`.
        """
        with self._lock:
            if self._environment is None:
                made = self.cls(**self._values())
                check = getattr(made, "check", None)
                if check is not None:
                    try:
                        check()
                    except ValueError as error:
                        raise SettingError(str(error)) from None
                self._environment = made
            return self._environment

    def set_defaults(self, **defaults: Any) -> None:
        """Give fields another default: a project's, of a reusable app's settings."""
        unknown = defaults.keys() - {one.field for one in self.settings}
        if unknown:
            raise TypeError(f"expected fields of {self.cls.__name__}, got {sorted(unknown)}")
        with self._lock:
            self._defaults.update(defaults)
            self.forget()

    def default(self, one: Setting) -> Any:
        """Return the default of a setting in production."""
        return self._defaults.get(one.field, one.default)

    def forget(self) -> None:
        """Read everything again when it is next needed."""
        with self._lock:
            self._environment = self._current = None

    def _values(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        faults: list[str] = []
        for one in self.settings:
            try:
                values[one.field] = self._value(one)
            except SettingError as error:
                faults += error.args
        if faults:
            raise SettingError(*faults)
        return values

    def _value(self, one: Setting) -> Any:
        text = os.environ.get(one.env)
        if text is not None:
            return parse(one, text)
        if one.development is not MISSING and is_development(os.environ):
            return one.development
        return self.default(one)

    def _setting_changed(self, *, setting: str, **_: Any) -> None:
        if setting in self._names:
            with self._lock:
                self._current = None


def declare(cls: type[T], project: object, changed: Any) -> Declared[T]:
    """Declare an app's settings, the fields of a frozen dataclass made by `setting`.

    `project` has attributes that come before the environment, as `django.conf.settings`; `changed`
    is the signal that one of them has changed, as `django.core.signals.setting_changed`.
    """
    return Declared(cls, project, changed)


def load_all(*apps: Declared[Any]) -> None:
    """Read the environment anew. Raises a `SettingError` that names every variable's bad value."""
    # Two packages may declare one variable.
    faults: dict[str, None] = {}
    for one in apps:
        one.forget()
        try:
            one.environment()
        except SettingError as error:
            faults |= dict.fromkeys(error.args)
    if faults:
        raise SettingError(*faults)
