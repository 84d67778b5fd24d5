"""Forms of the accounts pages. What is allowed is decided in rules.py; here only what a browser sends."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import Form, PasswordField, StringField
from wtforms.validators import InputRequired, Length


class SignInForm(Form):
    """User name and password."""

    username = StringField(_l("User name"), [InputRequired(_l("Please fill in the user name.")), Length(max=200)])
    password = PasswordField(_l("Password"), [InputRequired(_l("Please fill in the password.")), Length(max=1000)])
