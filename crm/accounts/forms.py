"""Forms of the accounts pages. What is allowed is decided in rules.py; here stands only what a browser sends."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    Form,
    IntegerField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the type stubs
from wtforms.validators import InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from crm.accounts.rules import SCOPE_NAMES
from crm.web.languages import shown

LANGUAGES = [SelectChoice("zh_CN", "中文"), SelectChoice("en", "English")]
NEEDED = _l("This field is needed.")
NOBODY = SelectChoice("", "–")
TOKEN_DAYS = [SelectChoice(days, days) for days in ("30", "90", "365")]


@cache
def timezones() -> list[SelectChoice]:
    """The time zones that people live in; administrative aliases are left out."""
    regions = ("Asia/", "Europe/", "America/", "Africa/", "Australia/", "Pacific/", "Atlantic/", "Indian/")
    names = sorted(name for name in available_timezones() if name.startswith(regions))
    return [SelectChoice(name, name) for name in ["Asia/Shanghai", "UTC", *names]]


def number(value: Any) -> int | None:
    """The number that a pick-list sends; None for the empty choice."""
    return int(value) if value not in (None, "") else None


class NumberChoice(SelectField):
    """A pick-list of records, by their number, with an empty choice."""

    def __init__(self, label: Any, **rest: Any) -> None:
        super().__init__(label, coerce=str, default="", **rest)

    def offer(self, options: Iterable[tuple[int, str]]) -> None:
        """What can be picked."""
        self.choices = [NOBODY, *(SelectChoice(str(key), name) for key, name in options)]

    @property
    def number(self) -> int | None:
        """The record that was picked."""
        return number(self.data)


class CheckList(SelectMultipleField):
    """Several of a few, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def offer(self, options: Iterable[tuple[int, str]]) -> None:
        """What can be ticked."""
        self.choices = [SelectChoice(key, name) for key, name in options]


class SignInForm(Form):
    """User name and password."""

    username = StringField(_l("User name"), [InputRequired(_l("Please fill in the user name.")), Length(max=200)])
    password = PasswordField(_l("Password"), [InputRequired(_l("Please fill in the password.")), Length(max=1000)])


class ProfileForm(Form):
    """What people may change about themselves."""

    locale = SelectField(_l("Language"), choices=LANGUAGES)
    timezone = SelectField(_l("Time zone"), choices=timezones)
    phone = StringField(_l("Phone"), [Length(max=40)], render_kw={"type": "tel", "autocomplete": "tel"})


class NewPasswordForm(Form):
    """A new password, twice; for one-time links."""

    password = PasswordField(
        _l("New password"),
        [InputRequired(NEEDED)],
        description=_l("At least 12 characters. A sentence is easy to remember and hard to guess."),
        render_kw={"autocomplete": "new-password"},
    )
    repeated = PasswordField(
        _l("New password once more"), [InputRequired(NEEDED)], render_kw={"autocomplete": "new-password"}
    )


class PasswordForm(NewPasswordForm):
    """The present password too."""

    old_password = PasswordField(
        _l("Present password"), [InputRequired(NEEDED)], render_kw={"autocomplete": "current-password"}
    )
    elsewhere = BooleanField(_l("Sign out everywhere else"), default=True)
    tokens = BooleanField(
        _l("Revoke my tokens for programs too"),
        description=_l(
            "Programs with a token of yours cannot come in any more. Choose it if somebody may know your password."
        ),
    )


def reckonable(_form: Form, field: DateField) -> None:
    """A day far enough from the ends of the calendar for time zones to be reckoned with."""
    if field.data is not None and not 2000 <= field.data.year < 2200:
        raise ValidationError(str(_l("Choose a day from 2000 to 2199.")))


class SubstituteForm(Form):
    """Who stands in, and from which day to which."""

    substitute_id = NumberChoice(_l("Substitute"), description=_l("Sees and does the tasks of whoever is away."))
    substitute_from = DateField(_l("First day"), [Optional(), reckonable])
    substitute_until = DateField(_l("Last day"), [Optional(), reckonable])


class TokenForm(Form):
    """A token for a program."""

    name = StringField(_l("What it is for"), [InputRequired(NEEDED), Length(max=80)])
    days = SelectField(_l("Valid for (days)"), choices=TOKEN_DAYS, default="90")


class UserForm(Form):
    """What an administrator says about a user."""

    version = IntegerField(widget=HiddenInput(), default=1)
    username = StringField(_l("User name"))
    name = StringField(_l("Full name"), [InputRequired(NEEDED)])
    name_en = StringField(_l("Name in English"))
    department_id = NumberChoice(_l("Department"))
    job_title = StringField(_l("Job title"))
    manager_id = NumberChoice(_l("Manager"))
    email = StringField(_l("E-mail"), render_kw={"type": "email"})
    phone = StringField(_l("Phone"), render_kw={"type": "tel"})
    locale = SelectField(_l("Language"), choices=LANGUAGES, default="zh_CN")
    timezone = SelectField(_l("Time zone"), choices=timezones, default="Asia/Shanghai")
    role_ids = CheckList(_l("Roles"), coerce=int)


class NewUserForm(UserForm):
    """A new account has a user name, which cannot be changed later."""

    username = StringField(
        _l("User name"),
        [InputRequired(NEEDED)],
        description=_l("3 to 60 letters a–z, digits, dots, dashes or underscores."),
    )


class DepartmentForm(Form):
    """A node of the department tree."""

    version = IntegerField(widget=HiddenInput(), default=1)
    name = StringField(_l("Name"), [InputRequired(NEEDED)])
    name_en = StringField(_l("Name in English"))
    parent_id = NumberChoice(_l("Belongs to"))
    manager_id = NumberChoice(_l("Head"))


class RoleForm(Form):
    """A role; its permissions come as boxes of a table, named `module.action`."""

    version = IntegerField(widget=HiddenInput(), default=1)
    key = StringField(_l("Key"), description=_l("Names the role in diagrams; it cannot be changed later."))
    name = StringField(_l("Name"), [InputRequired(NEEDED)])
    name_en = StringField(_l("Name in English"))
    scope = SelectField(
        _l("Data scope"),
        choices=lambda: [SelectChoice(scope.value, shown(name)) for scope, name in SCOPE_NAMES.items()],
    )
