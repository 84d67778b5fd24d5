"""Pages for signing in and out and for one's own language. The profile stands in profile_routes.py, administration in admin_routes.py."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from crm.accounts import own_account, signing_in
from crm.accounts.demo import DEMO_PEOPLE, ROLES
from crm.accounts.forms import SignInForm
from crm.accounts.passwords import DEMO_PASSWORD
from crm.accounts.proof import WrongPassword, prove, remote_address
from crm.accounts.queries import find_user
from crm.core.errors import HeliuError
from crm.web.doors import current_actor, ground, now, public, visitor, writing
from crm.web.languages import LANGUAGE_COOKIE, current_locale, is_language, shown
from crm.web.security import safe_next
from crm.web.sessions import enter, leave, session_row_id

pages = Blueprint("accounts", __name__)

LANGUAGE_SECONDS = 365 * 24 * 3600


@pages.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> AnyResponse:
    """The sign-in page."""
    target = safe_next(request.values.get("next"), "/")
    if visitor() is not None and request.method == "GET":
        return redirect(target)
    form = SignInForm(request.form)
    if request.method == "POST" and form.validate():
        try:
            user = prove(form.username.data or "", form.password.data or "")
            with writing() as session:
                opened = signing_in.open_session(
                    session,
                    user=user,
                    now=now(),
                    address=remote_address(),
                    browser=request.user_agent.string,
                    old_row_id=session_row_id(),
                )
        except HeliuError as refusal:
            headers = {"Retry-After": str(seconds)} if (seconds := getattr(refusal, "retry_after", None)) else {}
            status = 422 if isinstance(refusal, WrongPassword) else refusal.status
            return _sign_in_page(form, target, status, refusal=shown(refusal.message), headers=headers)
        enter(opened.secret, opened.id, user.id)
        return redirect(target)
    return _sign_in_page(form, target, 422 if form.errors else 200)


def _sign_in_page(
    form: SignInForm, target: str, status: int, refusal: str = "", headers: dict[str, str] | None = None
) -> Response:
    page = render_template(
        "accounts/sign_in.html",
        form=form,
        next=target,
        refusal=refusal,
        demo=DEMO_PEOPLE if ground().config.demo else (),
        demo_roles={role.key: role.name if current_locale() == "zh_CN" else role.name_en for role in ROLES},
        demo_password=DEMO_PASSWORD if ground().config.demo else "",
    )
    return Response(page, status, headers)


@pages.post("/sign-out")
def sign_out() -> AnyResponse:
    """End this session."""
    row_id = session_row_id()
    if row_id is not None:
        with writing() as session:
            user = find_user(session, current_actor().id or 0)
            signing_in.close_session(session, row_id=row_id, user=user, now=now())
    leave()
    return redirect(url_for("accounts.sign_in"))


@pages.post("/language")
@public
def set_language() -> AnyResponse:
    """Choose the language: kept with the user, and in a cookie for the pages before signing in."""
    language = request.form.get("language", "")
    answer = redirect(safe_next(request.form.get("next"), "/"))
    if not is_language(language):
        flash(_("This language is not known."), "bad")
        return answer
    actor = visitor()
    if actor is not None and actor.locale != language:
        with writing() as session:
            own_account.set_language(session, by=actor, now=now(), locale=language)
    secure = ground().config.https
    answer.set_cookie(LANGUAGE_COOKIE, language, LANGUAGE_SECONDS, secure=secure, httponly=True, samesite="Lax")
    return answer
