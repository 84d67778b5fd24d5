"""Taking a notice to a chat robot or a webhook.

How 企业微信, 钉钉 and 飞书 want to be spoken to is the knowledge of the library apprise; its messages travel over our own road
(`outside`), because its own would follow redirections and look names up anew. It takes every answer with status 200 for
success, while these robots say in the body that a key is wrong: that is read here.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from crm.activity.sentences import in_words
from crm.core.i18n import text
from crm.notices.faults import BAD_ADDRESS, NOT_TAKEN, RoadFault
from crm.notices.models import Notice, NoticeRobot, RobotKind
from crm.notices.outside import Answer, Road

SIGNATURE = "X-Heliu-Signature"
# Where a robot says whether it took the message; zero means yes.
CODES = ("errcode", "code", "StatusCode")
_journey: ContextVar[_Journey] = ContextVar("journey")


@dataclass(frozen=True)
class Message:
    """A notice in words."""

    kind: str
    words: str
    detail: str
    path: str
    key: str

    @classmethod
    def of(cls, session: Session, notice: Notice, *, locale: str) -> Message:
        """The notice in its reader's language."""
        words = in_words(session, [(notice.source, notice.values)], locale)[0]
        return cls(notice.kind, words, notice.detail or "", notice.link or "/notices", str(notice.id))


@dataclass
class _Journey:
    """One message on our road, and what came back."""

    road: Road
    answers: list[Answer] = field(default_factory=list)


class _OurRoad:
    """What apprise takes for the library `requests`. Only what its robots use."""

    class RequestException(Exception):
        """Never raised: faults of the road are our own and pass through."""

    class codes:  # noqa: N801 - the library's name
        ok = 200

    @dataclass(frozen=True)
    class Response:
        """What its robots read of an answer."""

        status_code: int
        content: bytes

    def post(
        self,
        url: str,
        data: bytes | str = b"",
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        **_: object,
    ) -> Response:
        journey = _journey.get()
        whole = f"{url}{'&' if '?' in url else '?'}{urlencode(params)}" if params else url
        body = data.encode() if isinstance(data, str) else data
        answer = journey.road.post(whole, body, headers or {})
        journey.answers.append(answer)
        return self.Response(200, answer.body)


@cache
def _plugins() -> Mapping[RobotKind, Callable[[str, str], Any]]:
    """The robots of apprise, on our road. Loaded when the first one is needed: it is a large library."""
    from apprise import AppriseAsset

    # It writes addresses, which are secrets, into its log.
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    wecom, dingtalk, feishu = (_on_our_road(name) for name in ("wecombot", "dingtalk", "feishu"))
    asset = AppriseAsset(app_id="Heliu", app_desc="Heliu CRM", app_url="", http_redirects=False)
    return {
        RobotKind.WECOM: lambda token, _: wecom.NotifyWeComBot(key=token, asset=asset),
        RobotKind.DINGTALK: lambda token, secret: dingtalk.NotifyDingTalk(
            token=token, secret=secret or None, asset=asset
        ),
        RobotKind.FEISHU: lambda token, _: feishu.NotifyFeishu(token=token, asset=asset),
    }


def _on_our_road(name: str) -> Any:
    module: Any = import_module(f"apprise.plugins.{name}")
    module.requests = _OurRoad()
    return module


@dataclass(frozen=True)
class Courier:
    """Takes messages away. `base_url` is where links in them lead."""

    base_url: str
    road: Road = field(default_factory=Road)

    def carry(self, robot: NoticeRobot, message: Message, *, now: datetime) -> None:
        """Take one message there. RoadFault with the reason if it was not taken."""
        if robot.kind == RobotKind.WEBHOOK:
            self._to_webhook(robot, message, now=now)
        else:
            self._to_robot(robot, message)

    def _to_robot(self, robot: NoticeRobot, message: Message) -> None:
        from apprise.exception import AppriseException

        try:
            plugin = _plugins()[RobotKind(robot.kind)](robot.address, robot.secret)
        except (AppriseException, TypeError):
            raise RoadFault(BAD_ADDRESS, robot.name) from None
        journey = _Journey(self.road)
        token = _journey.set(journey)
        try:
            words = "\n".join(part for part in (message.words, message.detail, self.base_url + message.path) if part)
            plugin.send(body=words)
        finally:
            _journey.reset(token)
        for answer in journey.answers:
            _check_taken(answer)

    def _to_webhook(self, robot: NoticeRobot, message: Message, *, now: datetime) -> None:
        body = json.dumps(
            {
                "id": message.key,
                "kind": message.kind,
                "message": message.words,
                "detail": message.detail,
                "link": self.base_url + message.path,
                "sent_at": now.isoformat(),
            },
            ensure_ascii=False,
        ).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Heliu-CRM"}
        if robot.secret:
            headers[SIGNATURE] = "sha256=" + hmac.new(robot.secret.encode(), body, hashlib.sha256).hexdigest()
        self.road.post(robot.address, body, headers)


def _check_taken(answer: Answer) -> None:
    try:
        said = json.loads(answer.body)
    except ValueError:
        return
    if not isinstance(said, dict):
        return
    for name in CODES:
        if said.get(name) not in (None, 0):
            why = said.get("errmsg") or said.get("msg") or said.get("StatusMessage") or ""
            raise RoadFault(NOT_TAKEN, f"{said[name]} {why}")


def masked(robot: NoticeRobot) -> str:
    """The address as it may be shown: enough to tell two apart, too little to use it."""
    address = robot.address
    if robot.kind == RobotKind.WEBHOOK:
        scheme, _, rest = address.partition("://")
        host, slash, path = rest.partition("/")
        return f"{scheme}://{host}{slash}" + (_hidden(path) if path else "")
    return _hidden(address)


def _hidden(secret: str) -> str:
    return "••••" + (secret[-4:] if len(secret) >= 12 else "")


def trial(locale: str) -> Message:
    """What the button “Send a trial” sends."""
    words = text("This is a trial message from Heliu CRM. Your notices will arrive here.").in_language(locale)
    return Message("trial", words, "", "/notices", "trial")
