"""What people may enter about their robots: which words name one, and what stays hidden of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from crm.core.errors import Fault, Invalid
from crm.core.fields import Field
from crm.core.i18n import Text, text
from crm.notices.faults import RoadFault
from crm.notices.models import RobotKind
from crm.notices.outside import check_url

MOST_ROBOTS = 10
# A trial is a journey to a machine that somebody named: not a tool to knock at many doors in a row.
TRIAL_EVERY = timedelta(seconds=10)

ROBOT_NAMES: Mapping[RobotKind, Text] = {
    RobotKind.WECOM: text("WeCom robot"),
    RobotKind.DINGTALK: text("DingTalk robot"),
    RobotKind.FEISHU: text("Feishu robot"),
    RobotKind.WEBHOOK: text("Webhook"),
}
NAME = Field("name", text("Name"), required=True, longest=60)
ADDRESS = Field("address", text("Address or key"), required=True, longest=500)
SECRET = Field("secret", text("Secret for signing"), longest=200)
ROBOT_FIELDS = (NAME, ADDRESS, SECRET)
# People copy the whole address that the chat shows them; the key is its last part.
_WHOLE = {
    RobotKind.WECOM: re.compile(r"https://qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key=([A-Za-z0-9_-]{8,200})"),
    RobotKind.DINGTALK: re.compile(r"https://oapi\.dingtalk\.com/robot/send\?access_token=([A-Za-z0-9]{8,200})"),
    RobotKind.FEISHU: re.compile(r"https://open\.feishu\.cn/open-apis/bot/v2/hook/([A-Za-z0-9_-]{8,200})"),
}
_KEY = {
    RobotKind.WECOM: re.compile(r"[A-Za-z0-9_-]{8,200}"),
    RobotKind.DINGTALK: re.compile(r"[A-Za-z0-9]{8,200}"),
    RobotKind.FEISHU: re.compile(r"[A-Za-z0-9_-]{8,200}"),
}
_SECRET = re.compile(r"[A-Za-z0-9]{1,200}")


def read_kind(value: object) -> RobotKind:
    """The kind of robot. Invalid for anything else."""
    if isinstance(value, str) and value in set(RobotKind):
        return RobotKind(value)
    raise Invalid([Fault("kind", text("Choose a kind of robot from the list."))])


def read_address(kind: RobotKind, address: str) -> str:
    """What is kept of an address: the key of a robot, the whole address of a webhook. Invalid if it is neither."""
    if kind is RobotKind.WEBHOOK:
        try:
            check_url(address)
        except RoadFault as fault:
            raise Invalid([Fault("address", fault.message)]) from None
        return address
    if found := _WHOLE[kind].fullmatch(address):
        return found[1]
    if _KEY[kind].fullmatch(address):
        return address
    raise Invalid(
        [Fault("address", text("This is not the key of a {robot}. Copy its whole address.", robot=ROBOT_NAMES[kind]))]
    )


def check_secret(kind: RobotKind, secret: str) -> None:
    """Refuse a secret that the robot has no use for, or that cannot be one."""
    if not secret or kind is RobotKind.WEBHOOK:
        return
    if kind is not RobotKind.DINGTALK:
        raise Invalid(
            [Fault("secret", text("Messages to a {robot} are not signed. Leave this empty.", robot=ROBOT_NAMES[kind]))]
        )
    if not _SECRET.fullmatch(secret):
        raise Invalid([Fault("secret", text("The secret has letters and digits only."))])
