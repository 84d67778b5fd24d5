"""How robots and webhooks are spoken to, which of their answers count, and what is shown of their addresses."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from crm.core.errors import Invalid
from crm.notices.faults import NOT_TAKEN, RoadFault, in_words
from crm.notices.models import NoticeRobot, RobotKind
from crm.notices.outside import Answer, Road
from crm.notices.robots import SIGNATURE, Courier, Message, masked
from crm.notices.rules import check_secret, read_address, read_kind

NOW = datetime(2026, 3, 11, 2, 0, tzinfo=UTC)
MESSAGE = Message("task.urged", "请尽快办理 SR-000035", "客户在等", "/tasks/35", "812")


@dataclass(frozen=True)
class WrittenDown(Road):
    """A road on which nothing travels: it keeps what was to be sent, and answers as it was told."""

    answer: bytes = b'{"errcode": 0}'
    sent: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        self.sent.append((url, body, dict(headers)))
        return Answer(200, self.answer)


def robot(kind: RobotKind, address: str, secret: str = "") -> NoticeRobot:
    return NoticeRobot(id=3, user_id=1, kind=kind, name="Group", address=address, secret=secret, active=True)


@pytest.mark.parametrize(
    ("kind", "host", "said"),
    [
        (RobotKind.WECOM, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abcdefgh1234", ("text", "content")),
        (RobotKind.DINGTALK, "https://oapi.dingtalk.com/robot/send?access_token=abcdefgh1234", ("text", "content")),
        (RobotKind.FEISHU, "https://open.feishu.cn/open-apis/bot/v2/hook/abcdefgh1234", ("content", "text")),
    ],
)
def test_each_robot_is_spoken_to_in_its_own_way(kind: RobotKind, host: str, said: tuple[str, str]) -> None:
    road = WrittenDown()
    Courier("https://crm.example.com", road).carry(robot(kind, "abcdefgh1234"), MESSAGE, now=NOW)
    [(url, body, _)] = road.sent
    assert url.rstrip("/") == host
    words = json.loads(body)[said[0]][said[1]]
    assert words == "请尽快办理 SR-000035\n客户在等\nhttps://crm.example.com/tasks/35"


def test_messages_to_dingtalk_are_signed_when_there_is_a_secret() -> None:
    road = WrittenDown()
    Courier("https://crm.example.com", road).carry(
        robot(RobotKind.DINGTALK, "abcdefgh1234", "SECabc123"), MESSAGE, now=NOW
    )
    assert "&timestamp=" in road.sent[0][0]
    assert "&sign=" in road.sent[0][0]


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (RobotKind.WECOM, b'{"errcode": 93000, "errmsg": "invalid webhook url"}'),
        (RobotKind.DINGTALK, b'{"errcode": 310000, "errmsg": "keywords not in content"}'),
        (RobotKind.FEISHU, b'{"code": 19001, "msg": "param invalid"}'),
    ],
)
def test_a_robot_that_answers_politely_but_takes_nothing_is_a_fault(kind: RobotKind, answer: bytes) -> None:
    with pytest.raises(RoadFault) as refused:
        Courier("https://crm.example.com", WrittenDown(answer=answer)).carry(
            robot(kind, "abcdefgh1234"), MESSAGE, now=NOW
        )
    assert refused.value.code == NOT_TAKEN


def test_a_fault_of_the_road_comes_out_as_it_is() -> None:
    road = Road(resolve=lambda _host, _port: ["10.0.0.1"])
    with pytest.raises(RoadFault) as refused:
        Courier("https://crm.example.com", road).carry(robot(RobotKind.WECOM, "abcdefgh1234"), MESSAGE, now=NOW)
    assert str(refused.value) == "inside qyapi.weixin.qq.com"


def test_a_webhook_gets_json_that_it_can_prove_to_be_ours() -> None:
    road = WrittenDown(answer=b"anything")
    hook = robot(RobotKind.WEBHOOK, "https://hooks.example.com/in?t=1", "between us")
    Courier("https://crm.example.com", road).carry(hook, MESSAGE, now=NOW)
    [(url, body, headers)] = road.sent
    assert url == "https://hooks.example.com/in?t=1"
    assert json.loads(body) == {
        "id": "812",
        "kind": "task.urged",
        "message": "请尽快办理 SR-000035",
        "detail": "客户在等",
        "link": "https://crm.example.com/tasks/35",
        "sent_at": "2026-03-11T02:00:00+00:00",
    }
    assert headers[SIGNATURE] == "sha256=" + hmac.new(b"between us", body, hashlib.sha256).hexdigest()


def test_of_an_address_only_enough_is_shown_to_tell_two_apart() -> None:
    assert masked(robot(RobotKind.WECOM, "0e1d2c3b-aaaa-bbbb-9f8e7d6c5b4a")) == "••••5b4a"
    assert masked(robot(RobotKind.FEISHU, "short123")) == "••••"
    assert masked(robot(RobotKind.WEBHOOK, "https://hooks.example.com:8443/in/secret-part?t=42")) == (
        "https://hooks.example.com:8443/••••t=42"
    )
    assert masked(robot(RobotKind.WEBHOOK, "https://hooks.example.com")) == "https://hooks.example.com"


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        (RobotKind.WECOM, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0e1d2c3b-ab", "0e1d2c3b-ab"),
        (RobotKind.DINGTALK, "https://oapi.dingtalk.com/robot/send?access_token=0e1d2c3bab", "0e1d2c3bab"),
        (RobotKind.FEISHU, "https://open.feishu.cn/open-apis/bot/v2/hook/0e1d2c3b-ab", "0e1d2c3b-ab"),
        (RobotKind.FEISHU, "0e1d2c3b-ab", "0e1d2c3b-ab"),
        (RobotKind.WEBHOOK, "https://hooks.example.com/in", "https://hooks.example.com/in"),
    ],
)
def test_people_may_give_the_whole_address_or_the_key(kind: RobotKind, typed: str, kept: str) -> None:
    assert read_address(kind, typed) == kept


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (RobotKind.WECOM, "https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key=0e1d2c3b-ab"),
        (RobotKind.WECOM, "https://oapi.dingtalk.com/robot/send?access_token=0e1d2c3bab"),
        (RobotKind.WECOM, "abc"),
        (RobotKind.DINGTALK, "0e1d2c3b/../x"),
        (RobotKind.WEBHOOK, "javascript:alert(1)"),
        (RobotKind.WEBHOOK, "https://me:secret@hooks.example.com/"),
    ],
)
def test_what_is_no_address_of_this_kind_is_refused(kind: RobotKind, typed: str) -> None:
    with pytest.raises(Invalid):
        read_address(kind, typed)


def test_unknown_kinds_and_useless_secrets_are_refused() -> None:
    with pytest.raises(Invalid):
        read_kind("telegram")
    with pytest.raises(Invalid):
        check_secret(RobotKind.WECOM, "abc")
    with pytest.raises(Invalid):
        check_secret(RobotKind.DINGTALK, "a&b")
    check_secret(RobotKind.WEBHOOK, "any words")


def test_a_stored_fault_is_a_sentence_again_and_an_unknown_one_too() -> None:
    assert str(in_words("refused 500")) == "It answered 500 instead of taking the message. Check address and key."
    assert "administrator" in str(in_words("KeyError: 'x'"))
