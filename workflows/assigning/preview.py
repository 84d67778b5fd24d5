"""“Who would get this today, and why?”: every step of a version asked with a case that one thinks of. Nothing is changed by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.accounts.queries import names_of
from crm.core.errors import Fault, HeliuError, Invalid, NotFound
from crm.core.i18n import Text, text
from crm.customers.queries import find_customer
from crm.permissions import Actor, check_may
from workflows import queries
from workflows.assigning import people, reasons
from workflows.assigning.resolving import Assignment, CaseFacts, resolve
from workflows.assigning.rules import rule_of
from workflows.engine import AssigneeKind, AssigneeRule, Base, Node
from workflows.instances.story import user_steps
from workflows.library import Published
from workflows.models import Task
from workflows.rules import FALLBACK_ROLE
from workflows.task_forms import facts_of

MOST_SHOWN = 8


@dataclass(frozen=True)
class Question:
    """A case that one thinks of: who began it, about which customer or record; or one that there is."""

    initiator_id: int | None = None
    customer_id: int | None = None
    record_type: str | None = None
    record_id: int | None = None
    instance_id: int | None = None


@dataclass(frozen=True)
class Answer:
    """Who would get a step, and why. `who` are those whom it would reach, by name, each with the name of the absent person
    for whom they would do it, if so; `others` is how many more there are."""

    node_id: str
    name: str
    rule: Text
    assignment: Assignment
    role_name: Text | None = None
    who: Sequence[tuple[str, str]] = ()
    others: int = 0
    people: Mapping[int, str] = field(default_factory=dict)


def ask(
    session: Session, published: Published, question: Question, *, by: Actor, now: datetime, node: str | None = None
) -> list[Answer]:
    """The answers for all steps in the order of the flow, or for one. Invalid names what is wrong with the question."""
    check_may(by, "processes", "administer")
    steps = user_steps(published.definition)
    if node is not None:
        if node not in steps:
            raise Invalid([Fault("node", text("This process has no task {name}.", name=node[:80]))])
        steps = [node]
    case = _case(session, published, question, by=by)
    return [_answer(session, published, published.definition.nodes[step], case, by=by, now=now) for step in steps]


def _case(session: Session, published: Published, question: Question, *, by: Actor) -> CaseFacts:
    facts: dict[str, Any] = {
        "initiator_id": question.initiator_id,
        "customer_id": question.customer_id,
        "record_type": question.record_type,
        "record_id": question.record_id,
    }
    data: Mapping[str, Any] = {}
    if question.instance_id is not None:
        try:
            instance = queries.find_instance(session, question.instance_id, by=by)
        except NotFound:
            instance = None
        if instance is None or instance.process_key != published.key:
            raise Invalid([Fault("case", text("There is no such case of this process."))])
        known = {name: getattr(instance, name) for name in ("customer_id", "record_type", "record_id")}
        known["initiator_id"] = instance.started_by_id
        facts = {name: value if value is not None else known[name] for name, value in facts.items()}
        newest = select(Task).where(Task.instance_id == instance.id).order_by(Task.id.desc()).limit(1)
        task = session.scalars(newest).one_or_none()
        data = facts_of(task) if task is not None else {}
    if facts["initiator_id"] is not None and session.get(User, facts["initiator_id"]) is None:
        raise Invalid([Fault("initiator", text("This user does not exist."))])
    if question.customer_id is not None:
        try:
            find_customer(session, by=by, customer_id=question.customer_id)
        except HeliuError as refusal:
            raise Invalid([Fault("customer", refusal.message)]) from refusal
    return CaseFacts(process_key=published.key, data={**data, "initiator_id": facts["initiator_id"]}, **facts)


def _answer(session: Session, published: Published, node: Node, case: CaseFacts, *, by: Actor, now: datetime) -> Answer:
    rule = rule_of(published.definition, node.id)
    if rule is None and node.properties.get("assignee", "").strip():
        rule = AssigneeRule(AssigneeKind.VARIABLE, node.role, formula=node.properties["assignee"].strip().lstrip("="))
    if rule is None:
        assignment = _of_group(session, node.role or FALLBACK_ROLE)
    else:
        assignment = resolve(session, rule=rule, case=case, node=node.id, now=now, peek=True)
    reached: list[tuple[int, int | None]] = [(user_id, None) for user_id in assignment.candidates]
    if assignment.user_id is not None:
        reached = [(assignment.user_id, assignment.substitute_for)]
    role = assignment.role if not reached else None
    if role is not None:
        present = [(member.id, None) for member in people.members_present(session, role, now)]
        everybody = [*present, *people.stood_in_for(session, role, now)]
        reached = [pair for pair in everybody if pair[0] != assignment.excluded_id]
    shown = reached[:MOST_SHOWN]
    names = names_of(session, [person for pair in shown for person in pair], by.locale)
    return Answer(
        node_id=node.id,
        name=published.name_of(node.id, by.locale),
        rule=words_of(rule),
        assignment=assignment,
        role_name=people.role_named(session, role) if role is not None else None,
        who=[(names[user_id], names.get(absent_id or 0, "")) for user_id, absent_id in shown],
        others=max(len(reached) - MOST_SHOWN, 0),
        people=names,
    )


def _of_group(session: Session, role: str) -> Assignment:
    """A step without a rule: whoever of its role claims it, even if there is nobody."""
    name = people.role_named(session, role)
    said = [reasons.by_role(name)]
    if not people.has_member(session, role, None):
        said.append(reasons.no_one_else(name))
    return Assignment(reason=reasons.together(said), role=role)


def words_of(rule: AssigneeRule | None) -> Text:
    """The rule for people."""
    if rule is None:
        return text("A group; whoever claims it")
    whose = (
        text("of the initiator") if rule.base is Base.INITIATOR else text("of whoever is responsible for the record")
    )
    said: Mapping[AssigneeKind, Text] = {
        AssigneeKind.ROLE: text("A group; whoever claims it"),
        AssigneeKind.PERSON: text("A named person"),
        AssigneeKind.CANDIDATES: text("One of several named people"),
        AssigneeKind.INITIATOR: text("Whoever started the case"),
        AssigneeKind.SUPERIOR: text("The superior {whose}", whose=whose)
        if rule.levels == 1
        else text("The superior {whose}, {levels} up", whose=whose, levels=rule.levels),
        AssigneeKind.DEPARTMENT_HEAD: text("The head of the department {whose}", whose=whose),
        AssigneeKind.RECORD_OWNER: text("Whoever is responsible for the record"),
        AssigneeKind.VARIABLE: text("Whom the case names: {formula}", formula=rule.formula),
        AssigneeKind.LEAST_BUSY: text("Whoever of a group has the fewest open tasks"),
        AssigneeKind.ROUND_ROBIN: text("A group in turn"),
    }
    if rule.not_initiator:
        return text("{rule}; not whoever started the case", rule=said[rule.kind])
    return said[rule.kind]
