"""Reminders in the REST API: what concerns oneself now, and the rules for those who administer them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from crm.reminders import operations, queries
from crm.reminders.kinds import ReminderKind, Whom
from crm.reminders.models import ReminderRule
from crm.web.api import ApiBlueprint, Body, etag_of, version_seen
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.languages import current_locale, shown

mine = ApiBlueprint("reminders_api", __name__, url_prefix="/reminders", description="Reminders")
rules = ApiBlueprint("reminder_rules_api", __name__, url_prefix="/reminder-rules", description="Reminder rules")
API = (mine, rules)


class ReminderAnswer(Body):
    """Something to be reminded of."""

    kind = fields.String()
    message = fields.String()
    link = fields.String()


class RuleBody(Body):
    """What of a rule may be changed; what is not named stays."""

    active = fields.Boolean()
    span = fields.Integer(metadata={"description": "days or hours before or after, by kind"})
    hour = fields.Integer(validate=validate.Range(0, 23), metadata={"description": "on the company's clock"})
    whom = fields.List(fields.String(validate=validate.OneOf([each.value for each in Whom])))
    workdays_only = fields.Boolean()


class RuleAnswer(RuleBody):
    """A rule."""

    kind = fields.String()
    name = fields.String()
    counts = fields.String(metadata={"description": "what `span` counts"})
    daily = fields.Boolean()
    looked_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()


class PreviewAnswer(Body):
    """Somebody whom a rule would tell today."""

    person = fields.String()
    message = fields.String(attribute="words")
    link = fields.String()
    told = fields.Boolean(metadata={"description": "they have been told of this already"})


@mine.get("")
@mine.response(200, ReminderAnswer(many=True))
def list_reminders() -> list[dict[str, str]]:
    """What the rules find for you now."""
    with reading_session() as session:
        found = queries.my_reminders(session, by=current_actor(), now=now())
        return [
            {"kind": kind.key, "message": words, "link": finding.link}
            for kind, findings in found
            for finding, words in zip(findings, queries.words_of(session, findings, current_locale()), strict=True)
        ]


@rules.get("")
@requires("reminders", "administer")
@rules.response(200, RuleAnswer(many=True))
def list_rules() -> list[dict[str, object]]:
    """All rules."""
    with reading_session() as session:
        return [_rule(kind, rule) for kind, rule in queries.find_rules(session, by=current_actor())]


@rules.get("/<key>")
@requires("reminders", "administer")
@rules.response(200, RuleAnswer)
def get_rule(key: str) -> tuple[dict[str, object], dict[str, str]]:
    """One rule."""
    with reading_session() as session:
        kind, rule = queries.find_rule(session, by=current_actor(), key=key)
    return _rule(kind, rule), etag_of(rule.version)


@rules.patch("/<key>")
@requires("reminders", "administer")
@rules.arguments(RuleBody)
@rules.response(200, RuleAnswer)
def patch_rule(body: dict[str, Any], key: str) -> tuple[dict[str, object], dict[str, str]]:
    """Tune a rule; send its ETag as If-Match."""
    version = version_seen()
    with writing() as session:
        kind, rule = queries.find_rule(session, by=current_actor(), key=key)
        names = ("active", "span", "hour", "whom", "workdays_only")
        settings = {name: body.get(name, getattr(rule, name)) for name in names}
        rule = operations.tune_rule(session, by=current_actor(), now=now(), key=key, version=version, **settings)
    return _rule(kind, rule), etag_of(rule.version)


@rules.get("/<key>/preview")
@requires("reminders", "administer")
@rules.response(200, PreviewAnswer(many=True))
def preview_rule(key: str) -> list[queries.Preview]:
    """Whom the rule would tell today, as it is set."""
    with reading_session() as session:
        _, rule = queries.find_rule(session, by=current_actor(), key=key)
        return queries.preview(
            session, by=current_actor(), now=now(), key=key, span=rule.span, whom=rule.whom, locale=current_locale()
        )


def _rule(kind: ReminderKind, rule: ReminderRule) -> dict[str, object]:
    known = {name: getattr(rule, name) for name in ("active", "span", "hour", "whom", "workdays_only", "looked_at")}
    return {
        **known,
        "kind": kind.key,
        "name": shown(kind.label),
        "counts": kind.span.value,
        "daily": kind.daily,
        "version": rule.version,
    }
