"""One's own notices in the REST API: what one was told, how one wants to be told, and the robots that take notices."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from crm.core.errors import Fault, Invalid
from crm.core.i18n import text
from crm.notices import choosing, operations, queries
from crm.notices.doors import begin_and_try, check_before
from crm.notices.faults import in_words
from crm.notices.kinds import choosable
from crm.notices.models import Mailing, NoticeRobot, RobotKind
from crm.notices.robots import masked
from crm.web.api import ApiBlueprint, Body, PageQuery, page_of, read_cursor
from crm.web.doors import current_actor, now, reading_session, writing
from crm.web.languages import current_locale, shown

api = ApiBlueprint("notices_api", __name__, url_prefix="/notices", description="Notices")


class NoticeAnswer(Body):
    """One notice, in the reader's language."""

    id = fields.Integer()
    at = fields.AwareDateTime()
    kind = fields.String()
    kind_name = fields.String()
    message = fields.String(attribute="words")
    detail = fields.String()
    link = fields.String(metadata={"description": "path of the page where something can be done"})
    read = fields.Boolean()


class NoticeQuery(PageQuery):
    """Which notices."""

    unread = fields.Boolean(load_default=False)


class NoticePage(Body):
    """A page of notices."""

    items = fields.List(fields.Nested(NoticeAnswer))
    next = fields.String(allow_none=True)
    unread = fields.Integer(metadata={"description": "how many are unread; 100 means 100 or more"})


class NoticesReadBody(Body):
    """Up to which notice everything is read."""

    up_to = fields.Integer(
        load_default=None, allow_none=True, metadata={"description": "number of a notice; none: all"}
    )


class NoticesReadAnswer(Body):
    """How many notices were unread until now."""

    count = fields.Integer()


class NoticeChoiceBody(Body):
    """How notices of a kind come on one road."""

    kind = fields.String(required=True)
    road = fields.String(required=True, metadata={"description": "`mail`, or `robot:` and its number"})
    choice = fields.String(
        required=True, metadata={"description": "for mail now, digest or off; for a robot now or off"}
    )


class NoticeChoicesBody(Body):
    """All choices; what is not named in a request stays."""

    digest_hour = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, 23))
    choices = fields.List(fields.Nested(NoticeChoiceBody), load_default=list, validate=validate.Length(max=500))


class RobotBody(Body):
    """A new robot or webhook."""

    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in RobotKind]))
    name = fields.String(required=True)
    address = fields.String(required=True, load_only=True)
    secret = fields.String(load_default="", load_only=True)


class RobotAnswer(Body):
    """A robot; of its address only so much is shown that it can be told from others."""

    id = fields.Integer()
    kind = fields.String()
    name = fields.String()
    address = fields.String()
    active = fields.Boolean()
    signed = fields.Boolean()
    sent_at = fields.AwareDateTime(allow_none=True)
    failed_at = fields.AwareDateTime(allow_none=True)
    fault = fields.String()


class TrialAnswer(Body):
    """What became of a trial message."""

    taken = fields.Boolean()
    fault = fields.String()


@api.get("")
@api.arguments(NoticeQuery, location="query")
@api.response(200, NoticePage)
def list_notices(query: dict[str, Any]) -> dict[str, object]:
    """Your notices, the latest first."""
    actor = current_actor()
    mark = read_cursor(query["cursor"], 1)
    with reading_session() as session:
        found = queries.notices_of(
            session, by=actor, unread=query["unread"], before=mark[0] if mark else None, limit=query["limit"] + 1
        )
        rows, following = page_of(found, query["limit"], lambda notice: (notice.id,))
        return {
            "items": queries.show(session, rows, current_locale()),
            "next": following,
            "unread": queries.count_unread(session, by=actor),
        }


@api.post("/<int:notice_id>/read")
@api.response(200, NoticeAnswer)
def read_notice(notice_id: int) -> queries.ShownNotice:
    """Mark one as read."""
    with writing() as session:
        notice = operations.mark_read(session, by=current_actor(), now=now(), notice_id=notice_id)
        return queries.show(session, [notice], current_locale())[0]


@api.post("/read")
@api.arguments(NoticesReadBody)
@api.response(200, NoticesReadAnswer)
def read_notices(body: dict[str, Any]) -> dict[str, int]:
    """Mark all as read, or those up to a number."""
    with writing() as session:
        count = operations.mark_all_read(session, by=current_actor(), now=now(), up_to=body["up_to"])
    return {"count": count}


@api.get("/choices")
@api.response(200, NoticeChoicesBody)
def get_choices() -> dict[str, object]:
    """How you are told, by kind and road."""
    with reading_session() as session:
        return _choices(session)


@api.patch("/choices")
@api.arguments(NoticeChoicesBody)
@api.response(200, NoticeChoicesBody)
def patch_choices(body: dict[str, Any]) -> dict[str, object]:
    """Choose how you are told. What is not named stays."""
    given = {(each["kind"], each["road"]): each["choice"] for each in body["choices"]}
    if len(given) < len(body["choices"]):
        raise Invalid([Fault("choices", text("A choice is named twice."))])
    with writing() as session:
        choosing.choose(session, by=current_actor(), now=now(), choices=given, digest_hour=body["digest_hour"])
        session.flush()
        return _choices(session)


@api.get("/robots")
@api.response(200, RobotAnswer(many=True))
def list_robots() -> list[dict[str, object]]:
    """Your robots and webhooks."""
    with reading_session() as session:
        return [_robot(robot) for robot in queries.robots_of(session, current_actor().id or 0)]


@api.post("/robots")
@api.arguments(RobotBody)
@api.response(201, RobotAnswer)
def post_robot(body: dict[str, Any]) -> dict[str, object]:
    """Add a robot or a webhook. Addresses of this machine's own network are refused."""
    check_before(body["kind"], body["address"])
    with writing() as session:
        return _robot(choosing.name_robot(session, by=current_actor(), now=now(), **body))


@api.post("/robots/<int:robot_id>/trial")
@api.response(200, TrialAnswer)
def try_robot(robot_id: int) -> dict[str, object]:
    """Send it one message now; once in ten seconds."""
    fault = begin_and_try(robot_id)
    return {"taken": fault is None, "fault": "" if fault is None else shown(fault.message)}


@api.delete("/robots/<int:robot_id>")
@api.response(204)
def delete_robot(robot_id: int) -> None:
    """Forget a robot and its address."""
    with writing() as session:
        choosing.forget_robot(session, by=current_actor(), now=now(), robot_id=robot_id)


def _choices(session: Session) -> dict[str, object]:
    user_id = current_actor().id or 0
    choices = queries.choices_of(session, user_id)
    robots = queries.robots_of(session, user_id)
    made = []
    for kind in choosable().values():
        made.append({"kind": kind.key, "road": queries.MAIL_ROAD, "choice": Mailing(choices.mailing(kind)).value})
        if kind.robots:
            made += [
                {
                    "kind": kind.key,
                    "road": robot.road,
                    "choice": queries.ON if choices.wants(kind, robot) else queries.OFF,
                }
                for robot in robots
            ]
    return {"digest_hour": queries.digest_hour_of(session, user_id), "choices": made}


def _robot(robot: NoticeRobot) -> dict[str, object]:
    known = {name: getattr(robot, name) for name in ("id", "name", "active", "sent_at", "failed_at")}
    return {
        **known,
        "kind": RobotKind(robot.kind).value,
        "address": masked(robot),
        "signed": bool(robot.secret),
        "fault": shown(in_words(robot.fault)) if robot.fault else "",
    }
