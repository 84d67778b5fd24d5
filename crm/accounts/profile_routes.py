"""One's own profile: language, time zone, password, substitute, sessions, tokens; and the one-time link for a new password."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse
from wtforms import Form

from crm.accounts import own_account, passwords, signing_in
from crm.accounts.forms import NewPasswordForm, PasswordForm, ProfileForm, TokenForm
from crm.accounts.proof import WrongPassword, prove, remote_address
from crm.accounts.queries import department_names, find_user, own_sessions, own_tokens, roles_of
from crm.accounts.rules import browser_name
from crm.accounts.substitute_pages import save_substitute, substitute_form
from crm.core.errors import Fault, HeliuError, Invalid
from crm.core.i18n import text
from crm.web.doors import current_actor, ground, now, public, reading_session, writing
from crm.web.form_faults import mark
from crm.web.languages import current_locale
from crm.web.sessions import session_row_id

pages = Blueprint("profile", __name__)


@pages.get("/profile")
def show() -> Response:
    """The reader's own profile."""
    return _page()


@pages.post("/profile")
def save() -> AnyResponse:
    """Language, time zone, phone."""
    form = ProfileForm(request.form)
    if not form.validate():
        return _page(422, profile=form)
    try:
        with writing() as session:
            own_account.edit_profile(
                session, by=current_actor(), now=now(),
                locale=form.locale.data, timezone=form.timezone.data, phone=form.phone.data or "",
            )  # fmt: skip
    except HeliuError as refusal:
        return _page(mark(form, refusal), profile=form)
    return _done(_("Your profile was saved."))


@pages.post("/profile/password")
def change_password() -> AnyResponse:
    """A new password; as the reader chooses, other browsers and programs are signed out."""
    form = PasswordForm(request.form)
    if not form.validate():
        return _page(422, password=form)
    actor = current_actor()
    try:
        _check_new(form, actor.username)
        # Counted like a sign-in: an unattended screen must not become a place to guess.
        user = prove(actor.username, form.old_password.data or "")
        password_hash = passwords.hash_password(form.password.data or "")
        with writing() as session:
            own_account.change_password(
                session, by=actor, now=now(), seen_hash=user.password_hash, password_hash=password_hash,
                keep_session=session_row_id(), elsewhere=form.elsewhere.data, tokens=form.tokens.data,
            )  # fmt: skip
            signing_in.forget_tries(session, username=actor.username, address=remote_address())
            left = len(own_tokens(session, by=actor, now=now()))
    except WrongPassword:
        wrong = Invalid([Fault("old_password", text("This is not your present password."))])
        return _page(mark(form, wrong), password=form)
    except HeliuError as refusal:
        return _page(mark(form, refusal), password=form)
    said = [_("Your password was changed.")]
    if form.elsewhere.data:
        said.append(_("Other browsers have been signed out."))
    if left:
        said.append(_("Programs can still come in with your tokens (%(number)s); they are listed below.", number=left))
    return _done(" ".join(said))


@pages.post("/profile/substitute")
def substitute() -> AnyResponse:
    """Who sees my tasks while I am away."""
    actor = current_actor()
    with reading_session() as session:
        user = find_user(session, actor.id or 0)
    form = substitute_form(user, request.form)
    if not form.validate():
        return _page(422, substitute=form)
    try:
        with writing() as session:
            save_substitute(session, form, by=actor, now=now(), user_id=None)
    except HeliuError as refusal:
        return _page(mark(form, refusal), substitute=form)
    return _done(_("Your substitute was saved."))


@pages.post("/profile/sessions/<int:row_id>/end")
def end_session(row_id: int) -> AnyResponse:
    """Sign another browser out."""
    with writing() as session:
        own_account.end_own_session(session, by=current_actor(), now=now(), row_id=row_id)
    return _done(_("That browser was signed out."))


@pages.post("/profile/tokens")
def create_token() -> AnyResponse:
    """A token for a program; it is shown on this answer and never again."""
    form = TokenForm(request.form)
    if not form.validate():
        return _page(422, token=form)
    with writing() as session:
        user = find_user(session, current_actor().id or 0)
        issued = signing_in.issue_token(
            session, user=user, name=(form.name.data or "").strip(), now=now(), life=timedelta(days=int(form.days.data))
        )
    return _page(new_token=issued.secret)


@pages.post("/profile/tokens/<int:token_id>/revoke")
def revoke_token(token_id: int) -> AnyResponse:
    """The token works no more."""
    with writing() as session:
        user = find_user(session, current_actor().id or 0)
        signing_in.revoke_token(session, token_id=token_id, user=user, now=now())
    return _done(_("The token was revoked."))


@pages.route("/password/<secret>", methods=["GET", "POST"])
@public
def password_link(secret: str) -> AnyResponse:
    """The one-time link by which somebody sets a password."""
    with reading_session() as session:
        user = own_account.user_of_link(session, secret=secret, now=now())
    form = NewPasswordForm(request.form)
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                _check_new(form, user.username)
                password_hash = passwords.hash_password(form.password.data or "")
                with writing() as session:
                    own_account.use_password_link(session, secret=secret, now=now(), password_hash=password_hash)
            except HeliuError as refusal:
                status = mark(form, refusal)
            else:
                flash(_("Your password was set. Please sign in."), "good")
                return redirect(url_for("accounts.sign_in"))
    return Response(render_template("accounts/password_link.html", form=form, user=user, secret=secret), status)


def _check_new(form: NewPasswordForm, username: str) -> None:
    passwords.check_password(form.password.data or "", username=username, demo=ground().config.demo)
    if form.password.data != form.repeated.data:
        raise Invalid([Fault("repeated", text("The two passwords differ."))])


def _done(message: str) -> AnyResponse:
    flash(message, "good")
    return redirect(url_for("profile.show"))


def _page(status: int = 200, *, new_token: str = "", **forms: Form) -> Response:
    """The whole page, with forms that were refused in the place of fresh ones."""
    actor = current_actor()
    with reading_session() as session:
        user = find_user(session, actor.id or 0)
        page = render_template(
            "accounts/profile.html",
            user=user,
            department=department_names(session, current_locale()).get(user.department_id or 0, ""),
            roles=[role.shown_name(current_locale()) for role in roles_of(session, [user.id])[user.id]],
            profile=forms.get("profile")
            or ProfileForm(data={"locale": user.locale, "timezone": user.timezone, "phone": user.phone}),
            password=forms.get("password") or PasswordForm(),
            substitute=forms.get("substitute") or substitute_form(user),
            token=forms.get("token") or TokenForm(),
            sessions=own_sessions(session, by=actor, now=now()),
            this_session=session_row_id(),
            browser_name=browser_name,
            tokens=own_tokens(session, by=actor, now=now()),
            new_token=new_token,
        )
    return Response(page, status)
