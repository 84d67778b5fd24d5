"""The one resolver: from the rule of a task and the facts of a case to whoever gets it, with the reason.

Whoever has left is passed over, and for somebody who is away the substitute gets it. Where a rule finds nobody, or only the
one person who must not do it, the next superior gets it, else any colleague of the role, else the administrators: a task
always comes to somebody, and says why to them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import feel
from crm.accounts.models import User
from crm.core.fields import LARGEST_ID
from crm.core.i18n import Text
from crm.core.numbers import is_key, typed_key
from crm.customers.models import Customer
from workflows.assigning import people, reasons
from workflows.assigning.people import named_user, role_named
from workflows.assigning.rules import least_busy, next_after
from workflows.engine import AssigneeKind, AssigneeRule, Base
from workflows.registry import registry
from workflows.rules import FALLBACK_ROLE


@dataclass(frozen=True)
class CaseFacts:
    """What the rules ask of a case: who began it, about which record, and the variables that the task sees."""

    process_key: str
    initiator_id: int | None
    record_type: str | None = None
    record_id: int | None = None
    customer_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Assignment:
    """Who gets a task: one person, one of several `candidates`, or whoever of a role claims it; and why.

    `substitute_for` is the absent person in whose place `user_id` gets it, `excluded_id` the one who must not do it.
    """

    reason: Text
    user_id: int | None = None
    role: str | None = None
    candidates: tuple[int, ...] = ()
    substitute_for: int | None = None
    excluded_id: int | None = None


def resolve(
    session: Session,
    *,
    rule: AssigneeRule,
    case: CaseFacts,
    node: str,
    now: datetime,
    given: Mapping[int, int] | None = None,
    peek: bool = False,
) -> Assignment:
    """Who gets the task `node` of this case. With `peek` it is only asked, and nobody's turn is used up.

    `given` counts by user the tasks of this very step that are not stored yet.
    """
    return _Resolver(session, rule, case, node, now, Counter(given or {}), peek).assignment()


class _Resolver:
    """One question. `said` collects the sentences that become the reason."""

    def __init__(
        self,
        session: Session,
        rule: AssigneeRule,
        case: CaseFacts,
        node: str,
        now: datetime,
        given: Counter[int],
        peek: bool,
    ) -> None:
        self.session, self.rule, self.case, self.node, self.now = session, rule, case, node, now
        self.given, self.peek = given, peek
        self.excluded = case.initiator_id if rule.not_initiator else None
        self.said: list[Text] = []

    def assignment(self) -> Assignment:
        match self.rule.kind:
            case AssigneeKind.ROLE:
                return self._group()
            case AssigneeKind.LEAST_BUSY | AssigneeKind.ROUND_ROBIN:
                return self._one_of_role()
            case AssigneeKind.CANDIDATES:
                return self._any_of(self._users_named(self.rule.names))
            case AssigneeKind.PERSON:
                found = self._users_named(self.rule.names)
                return self._person(found[0], reasons.by_name(named_user(found[0]))) if found else self._group()
            case AssigneeKind.INITIATOR:
                user = self._initiator()
                return self._person(user, reasons.as_initiator(named_user(user))) if user else self._group()
            case AssigneeKind.RECORD_OWNER:
                user = self._owner()
                return self._person(user, reasons.as_owner(named_user(user))) if user else self._group()
            case AssigneeKind.SUPERIOR:
                return self._superior()
            case AssigneeKind.DEPARTMENT_HEAD:
                return self._head()
            case AssigneeKind.VARIABLE:
                return self._chosen()

    def _person(self, user: User, why: Text) -> Assignment:
        """This person, their substitute, or, if neither may, somebody above them."""
        self.said.append(why)
        if not user.active:
            self.said.append(reasons.has_left(named_user(user)))
            return self._group()
        if (found := self._present(user)) is not None:
            return self._to(user, found)
        above = people.superiors(self.session, user)
        for superior in above:
            if superior.id == self.excluded:
                continue
            self.said.append(reasons.goes_up(named_user(superior)))
            if (found := self._present(superior)) is not None:
                return self._to(superior, found)
        return self._group()

    def _present(self, user: User) -> User | None:
        """The person or, while they are away, who stands in; None if that is who must not do it."""
        if user.id == self.excluded:
            self.said.append(reasons.must_not(named_user(user)))
            return None
        chain = people.standing_in(self.session, user, self.now)
        for away, substitute in zip([user, *chain], chain, strict=False):
            self.said.append(reasons.is_away(named_user(away), named_user(substitute)))
        found = chain[-1] if chain else user
        if found.id == self.excluded:
            self.said.append(reasons.must_not(named_user(found)))
            return None
        return found

    def _to(self, meant: User, found: User) -> Assignment:
        return Assignment(
            reason=reasons.together(self.said),
            user_id=found.id,
            role=self.rule.role,
            substitute_for=meant.id if found is not meant else None,
            excluded_id=self.excluded,
        )

    def _group(self) -> Assignment:
        """Whoever of the role claims it; the administrators, if the role has nobody who may."""
        role = self.rule.role or FALLBACK_ROLE
        name = role_named(self.session, role)
        asked_for = self.rule.kind is AssigneeKind.ROLE
        if asked_for and not self.said:
            self.said.append(reasons.by_role(name))
        if not people.has_member(self.session, role, self.excluded):
            self.said.append(reasons.no_one_else(name))
            if role != FALLBACK_ROLE:
                role = FALLBACK_ROLE
                self.said.append(reasons.for_administrators(role_named(self.session, role)))
        elif not asked_for:
            self.said.append(reasons.for_group(name))
        return Assignment(reason=reasons.together(self.said), role=role, excluded_id=self.excluded)

    def _one_of_role(self) -> Assignment:
        role = self.rule.role or FALLBACK_ROLE
        name = role_named(self.session, role)
        place = (self.case.process_key, self.node, role)
        # Held before the members are counted: whoever chooses for this step at the same time waits, and then counts anew.
        last = people.turn_of(self.session, *place, hold=not self.peek)
        members = {m.id: m for m in people.members_present(self.session, role, self.now) if m.id != self.excluded}
        if not members:
            self.said.append(reasons.nobody_present(name))
            return self._group()
        if self.rule.kind is AssigneeKind.ROUND_ROBIN:
            chosen = next_after(last, list(members))
            why = reasons.by_turns(members[chosen].name, name)
        else:
            loads = {member.id: member.load + self.given[member.id] for member in members.values()}
            chosen = least_busy(loads, last)
            why = reasons.as_least_busy(members[chosen].name, name, loads[chosen])
        if not self.peek:
            people.took_turn(self.session, *place, chosen)
        return Assignment(reason=why, user_id=chosen, role=role, excluded_id=self.excluded)

    def _any_of(self, users: Sequence[User]) -> Assignment:
        """One of several claims it; those who left are passed over, and substitutes come for those who are away."""
        present: dict[int, User] = {}
        for user in users:
            if not user.active:
                self.said.append(reasons.has_left(named_user(user)))
            elif (found := self._present(user)) is not None:
                present[found.id] = found
        if not present:
            return self._group()
        self.said.insert(0, reasons.by_names([named_user(user) for user in present.values()]))
        reason = reasons.together(self.said)
        if len(present) == 1:
            return Assignment(
                reason=reason, user_id=next(iter(present)), role=self.rule.role, excluded_id=self.excluded
            )
        return Assignment(reason=reason, candidates=tuple(present), excluded_id=self.excluded)

    def _superior(self) -> Assignment:
        base = self._base()
        if base is None:
            return self._group()
        above = list(islice(people.superiors(self.session, base), self.rule.levels))
        if not above:
            self.said.append(reasons.no_superior(named_user(base)))
            return self._group()
        # Whoever asks for more levels than there are gets the highest.
        return self._person(above[-1], reasons.as_superior(named_user(above[-1]), named_user(base), len(above)))

    def _head(self) -> Assignment:
        base = self._base()
        if base is None:
            return self._group()
        head = next(people.heads(self.session, base.department_id), None)
        if head is None:
            self.said.append(reasons.no_head(named_user(base)))
            return self._group()
        return self._person(head, reasons.as_head(named_user(head), named_user(base)))

    def _chosen(self) -> Assignment:
        """Whom a variable or formula names: a user by number or name, or a list of them."""
        formula = self.rule.formula
        try:
            value = feel.parse(formula).evaluate(self.case.data, now=self.now)
        except feel.FeelError:
            value = None
        users = self._users_of(value if isinstance(value, list) else [value])
        if not users:
            self.said.append(reasons.names_nobody(formula))
            return self._group()
        if isinstance(value, list):
            return self._any_of(users)
        return self._person(users[0], reasons.as_chosen(named_user(users[0]), formula))

    def _base(self) -> User | None:
        return self._initiator() if self.rule.base is Base.INITIATOR else self._owner()

    def _initiator(self) -> User | None:
        user = self._user(self.case.initiator_id)
        if user is None:
            self.said.append(reasons.NO_INITIATOR)
        return user

    def _owner(self) -> User | None:
        """Who is responsible for the record of the case; for its customer, if the record's kind does not say."""
        ask = registry().owners.get(self.case.record_type or "")
        owner_id: int | None = None
        if ask is not None and self.case.record_id is not None:
            owner_id = ask(self.session, self.case.record_id)
        elif self.case.customer_id is not None:
            owner_id = self.session.scalar(select(Customer.owner_id).where(Customer.id == self.case.customer_id))
        user = self._user(owner_id)
        if user is None:
            self.said.append(reasons.NO_OWNER)
        return user

    def _user(self, user_id: int | None) -> User | None:
        return self.session.get(User, user_id) if user_id is not None and is_key(user_id) else None

    def _users_named(self, names: Iterable[str]) -> list[User]:
        found = []
        for name in names:
            user = self.session.scalar(select(User).where(User.username == name.lower()))
            if user is None:
                self.said.append(reasons.unknown_name(name))
            else:
                found.append(user)
        return found

    def _users_of(self, values: Iterable[object]) -> list[User]:
        """The users that process data name; what names nobody is left out."""
        found: dict[int, User] = {}
        for value in values:
            user = None
            if isinstance(value, str):
                key = typed_key(value)
                user = self._user(key) if key is not None else next(iter(self._users_named([value])), None)
            elif isinstance(value, int | Decimal) and not isinstance(value, bool):
                user = self._user(int(value)) if 0 < value <= LARGEST_ID and value == int(value) else None
            if user is not None:
                found[user.id] = user
        return list(found.values())
