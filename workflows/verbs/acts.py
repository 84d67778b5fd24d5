"""The verbs of a task as pages offer them: their words, what each asks, and which operation does it.

What a verb asks is a form description like that of a step, so that a page draws and checks it in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from crm.core.i18n import Text, ctext, text
from forms import FormDescription
from forms import read as read_form
from workflows.showing import PRIORITY_WORDS
from workflows.verbs import handing, planning, sending_back, signing, taking_back, telling
from workflows.verbs.rules import MOST_NOTE
from workflows.verbs.signing import WHERE

PEOPLE = "colleagues"
STEPS = "steps"
WHERE_WORDS: Mapping[str, Text] = {
    "before": text("Before: the task comes back to the holder then"),
    "parallel": text("At the same time: the case waits for both"),
    "after": text("After: when the holder is done"),
}


# What stands in the descriptions, by its English source; some of it means something else elsewhere.
_WORDS: dict[str, Text] = {}


def _label(words: Text) -> str:
    _WORDS[words.source] = words
    return words.source


def translator(locale: str) -> Callable[[str], str]:
    """Words of these forms in a language."""
    return lambda source: _WORDS.get(source, text(source)).in_language(locale) if source else ""


def _note(label: Text, *, required: bool = False, key: str = "note") -> dict[str, Any]:
    rules: dict[str, Any] = {"maxLength": MOST_NOTE, "required": required}
    return {"type": "textarea", "id": f"act_{key}", "key": key, "label": _label(label), "validate": rules}


def _person(label: Text) -> dict[str, Any]:
    return {
        "type": "select",
        "id": "act_person",
        "key": "user_id",
        "label": _label(label),
        "valuesKey": PEOPLE,
        "searchable": True,
        "validate": {"required": True},
        "properties": {"widget": "person"},
    }


def _choice(key: str, label: Text, options: Mapping[str, Text], *, first: str | None = None) -> dict[str, Any]:
    return {
        "type": "radio",
        "id": f"act_{key}",
        "key": key,
        "label": _label(label),
        "values": [{"value": value, "label": _label(words)} for value, words in options.items()],
        "defaultValue": first,
        "validate": {"required": True},
    }


@dataclass(frozen=True)
class Act:
    """A verb: `run` is its operation, `read` makes its arguments of the answers, `leaves` says that the task is somewhere else
    afterwards, so that the person goes back to their inbox."""

    verb: str
    label: Text
    about: Text
    done: Text
    icon: str
    run: Callable[..., Any]
    fields: tuple[dict[str, Any], ...] = ()
    read: Callable[[Mapping[str, Any]], dict[str, Any]] = dict
    leaves: bool = False
    seen: bool = True
    tone: str = "primary"

    @cached_property
    def form(self) -> FormDescription:
        """What the verb asks."""
        return read_form({"type": "default", "components": list(self.fields)})


def _to_person(answers: Mapping[str, Any]) -> dict[str, Any]:
    return {**answers, "user_id": int(answers["user_id"]), "note": answers.get("note") or ""}


def _noted(answers: Mapping[str, Any]) -> dict[str, Any]:
    return {"note": answers.get("note") or ""}


ACTS: Mapping[str, Act] = {
    act.verb: act
    for act in (
        Act(
            "transfer",
            ctext("task", "Transfer"),
            text("The task is this person's from now on, with its draft and files. They are told."),
            text("The task has been transferred."),
            "user-share",
            handing.transfer,
            (_person(text("To whom")), _note(text("What they should know"))),
            _to_person,
            leaves=True,
        ),
        Act(
            "delegate",
            ctext("task", "Delegate"),
            text("Somebody else works on the task and gives it back to you. You complete it."),
            text("The task has been delegated; it comes back to you."),
            "user-question",
            handing.delegate,
            (_person(text("Whom you ask")), _note(text("What you want to know"))),
            _to_person,
            leaves=True,
        ),
        Act(
            "return",
            ctext("task", "Hand back"),
            text("The task goes back to the person who delegated it, with what has been entered."),
            text("The task is back with the person who delegated it."),
            "arrow-back-up",
            handing.give_back,
            (_note(text("Your advice")),),
            _noted,
            leaves=True,
        ),
        Act(
            "add-signer",
            text("Add a signer"),
            text("Somebody else does this step as well and sees what you enter."),
            text("The signer has been asked."),
            "user-plus",
            signing.add_signer,
            (
                _person(text("Who signs as well")),
                _choice("where", text("When"), {where: WHERE_WORDS[where] for where in WHERE}, first="after"),
                _note(text("What they should know")),
            ),
            _to_person,
        ),
        Act(
            "send-back",
            ctext("task", "Send back"),
            text("An earlier step is done again by whoever did it. They see the reason and what they had entered."),
            text("The step has been sent back."),
            "rotate",
            sending_back.send_back,
            (
                {
                    "type": "radio",
                    "id": "act_to",
                    "key": "to",
                    "label": _label(text("To which step")),
                    "valuesKey": STEPS,
                    "validate": {"required": True},
                },
                _note(text("Reason"), required=True, key="reason"),
            ),
            leaves=True,
            tone="danger",
        ),
        Act(
            "withdraw",
            ctext("task", "Take back"),
            text("The task is open again for you with what you had entered; what followed is withdrawn."),
            text("You have the task back."),
            "arrow-back-up",
            taking_back.withdraw,
        ),
        Act(
            "cc",
            ctext("task", "Copy to"),
            text("These people can look at the case from now on and find it among what was copied to them."),
            text("The case has been shown to them."),
            "copy",
            telling.copy,
            (
                {
                    "type": "taglist",
                    "id": "act_people",
                    "key": "user_ids",
                    "label": _label(text("To whom")),
                    "valuesKey": PEOPLE,
                    "validate": {"required": True},
                },
                _note(text("What they should know")),
            ),
            lambda answers: {**_noted(answers), "user_ids": [int(each) for each in answers["user_ids"]]},
            seen=False,
        ),
        Act(
            "urge",
            ctext("task", "Urge"),
            text("Whoever has the task is told, and it is marked. At most once in four hours."),
            text("They have been told."),
            "bell-ringing",
            telling.urge,
            (_note(text("Why it is urgent")),),
            _noted,
            seen=False,
        ),
        Act(
            "priority",
            text("Change the priority"),
            text("Urgent tasks stand out in lists."),
            text("The priority has been changed."),
            "flag",
            planning.set_priority,
            (_choice("priority", text("Priority"), {str(n): word for n, (_, word) in enumerate(PRIORITY_WORDS)}),),
            lambda answers: {"priority": int(answers["priority"])},
        ),
        Act(
            "due",
            text("Change the due date"),
            text("Timers of the process keep their own time."),
            text("The due date has been changed."),
            "calendar-due",
            planning.set_due,
            (
                {
                    "type": "datetime",
                    "subtype": "datetime",
                    "id": "act_due",
                    "key": "due",
                    "dateLabel": _label(text("Due")),
                    "description": _label(text("Leave it empty for no due date.")),
                },
                _note(text("What they should know")),
            ),
            lambda answers: {**_noted(answers), "due": answers.get("due")},
        ),
        Act(
            "remove-signer",
            text("Remove the signer"),
            text("The case does not wait for this person any longer; whoever comes next is asked."),
            text("The case does not wait for them any longer."),
            "user-minus",
            signing.remove_signer,
            (_note(text("Reason")),),
            _noted,
        ),
    )
}
