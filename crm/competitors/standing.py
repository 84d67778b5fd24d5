"""How we stand against each competitor: what was won and what was lost, as its opportunities tell. Counted anew whenever it is
read, so that it cannot go wrong."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import ScalarSelect, func, inspect, select
from sqlalchemy.orm import column_property

from crm.competitors.models import Competitor
from crm.core.fields import Field, Kind
from crm.core.i18n import text
from crm.sales.models import Opportunity
from crm.sales.rules import Status

WON = Field("won", text("Won against them"), Kind.WHOLE, least=0, most=1_000_000)
WON_AMOUNT = Field("won_amount", text("Amount won"), Kind.MONEY)
LOST = Field("lost", text("Lost to them"), Kind.WHOLE, least=0, most=1_000_000)
LOST_AMOUNT = Field("lost_amount", text("Amount lost"), Kind.MONEY)
FACTS = (WON, WON_AMOUNT, LOST, LOST_AMOUNT)


def _of_opportunities(what: Any, status: Status) -> ScalarSelect[Any]:
    theirs = Opportunity.competitor_id == Competitor.id, Opportunity.status == status
    return select(what).where(*theirs, Opportunity.deleted_at.is_(None)).correlate_except(Opportunity).scalar_subquery()


_SUM = func.coalesce(func.sum(Opportunity.expected_amount), Decimal(0))
for _name, _what, _status in (
    (WON.name, func.count(), Status.WON),
    (WON_AMOUNT.name, _SUM, Status.WON),
    (LOST.name, func.count(), Status.LOST),
    (LOST_AMOUNT.name, _SUM, Status.LOST),
):
    # What is written to a competitor changes nothing of it, so that an answer may be given after the session has ended.
    _counted = column_property(_of_opportunities(_what, _status), expire_on_flush=False)
    inspect(Competitor).add_property(_name, _counted)
