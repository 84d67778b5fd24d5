"""What pages and API do alike with robots: look an address up before it is kept, and send a trial between two transactions."""

from __future__ import annotations

from crm.core.errors import Fault, Invalid
from crm.notices import choosing
from crm.notices.faults import RoadFault
from crm.notices.models import RobotKind
from crm.notices.outside import PORTS, check_url
from crm.notices.robots import Courier, trial
from crm.web.doors import current_actor, ground, now, writing
from crm.web.languages import current_locale


def courier() -> Courier:
    """Who takes trial messages away."""
    return Courier(ground().config.base_url)


def check_before(kind: object, address: str) -> None:
    """Refuse a webhook inside of our own network before it is kept; it is judged anew whenever something is sent."""
    if kind != RobotKind.WEBHOOK:
        return
    try:
        parts = check_url(address.strip())
        courier().road.addresses(str(parts.hostname), parts.port or PORTS[parts.scheme])
    except RoadFault as fault:
        raise Invalid([Fault("address", fault.message)]) from None


def begin_and_try(robot_id: int) -> RoadFault | None:
    """Send one message to a robot of the person asking. Answers what went wrong; no transaction waits for the other side."""
    with writing() as session:
        robot = choosing.begin_trial(session, by=current_actor(), now=now(), robot_id=robot_id)
    fault: RoadFault | None = None
    try:
        courier().carry(robot, trial(current_locale()), now=now())
    except RoadFault as refused:
        fault = refused
    with writing() as session:
        choosing.end_trial(
            session, by=current_actor(), now=now(), robot_id=robot_id, fault=None if fault is None else str(fault)
        )
    return fault
