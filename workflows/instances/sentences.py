"""What a line of history says of the verbs of tasks: its sentence, icon and tone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from crm.core.i18n import Text, text
from crm.permissions import Actor
from workflows.models import ProcessEvent
from workflows.showing import PRIORITY_WORDS

Line = tuple[Text, str, str]
ASKED: Mapping[str, Text] = {
    "before": text("asked {people} to sign “{step}” first"),
    "parallel": text("asked {people} to sign “{step}” as well"),
    "after": text("asked {people} to sign “{step}” afterwards"),
}
MOVED: Mapping[str, Text] = {
    "migrated": text("moved the case from version {old} of the process to version {new}"),
    "migrated_back": text("moved the case back from version {old} of the process to version {new}"),
}
# Sentence, icon and tone by the kind of the event.
SAID: Mapping[str, Line] = {
    "assigned": (text("assigned “{step}” to {people}"), "user-check", "neutral"),
    "transferred": (text("transferred “{step}” to {people}"), "user-share", "neutral"),
    "delegated": (text("delegated “{step}” to {people}"), "user-question", "neutral"),
    "returned": (text("handed “{step}” back to {people}"), "arrow-back-up", "neutral"),
    "called_back": (text("called “{step}” back"), "arrow-back-up", "neutral"),
    "signer_removed": (text("no longer waits for {people} at “{step}”"), "user-minus", "neutral"),
    "sent_back": (text("sent “{step}” back to “{target}”"), "rotate", "warn"),
    "withdrawn": (text("took “{step}” back"), "arrow-back-up", "warn"),
    "copied": (text("showed the case to {people}"), "copy", "neutral"),
    "urged": (text("urged “{step}”"), "bell-ringing", "warn"),
    "commented": (text("commented on “{step}”"), "message-circle", "neutral"),
    "detached": (text("removed a file from “{step}”"), "paperclip", "neutral"),
    "attached": (text("attached files to “{step}”"), "paperclip", "neutral"),
    "moved": (text("moved the case from “{step}” to “{target}”"), "route", "warn"),
    "skipped": (text("skipped “{step}”"), "player-skip-forward", "warn"),
    "variables": (text("changed variables: {names}"), "variable", "warn"),
    "fired": (text("let the timer “{step}” act at once"), "clock-play", "warn"),
    "unheard": (text("said “{message}”, but no case waited for it and none began"), "mail-opened", "warn"),
    "suspended": (text("suspended the case"), "player-pause", "warn"),
    "unsuspended": (text("resumed the case"), "player-play", "info"),
}


def sentence(event: ProcessEvent, *, step: str, target: str, people: Mapping[int, str], by: Actor) -> Line:
    """`step` is what the event's step is called, `target` another step that it names, `people` knows everybody's name.

    Who has left is called what they were called then."""
    detail = event.detail
    others = ", ".join(people.get(int(id_)) or name for id_, name in detail.get("people", {}).items())
    values = {"step": step, "target": target, "people": others, "names": ", ".join(detail.get("names", ()))}
    values["message"] = detail.get("message", "")
    if event.kind == "signer_added":
        return text(ASKED.get(detail.get("where", ""), ASKED["parallel"]).source, **values), "user-plus", "neutral"
    if event.kind == "priority":
        level = PRIORITY_WORDS[int(detail["new"])][1]
        return text("set the priority of “{step}” to {level}", step=step, level=level), "flag", "neutral"
    if event.kind == "due":
        return _due(detail.get("new"), step, by), "calendar-due", "neutral"
    if event.kind in MOVED:
        line = text(MOVED[event.kind].source, old=detail["from_version"], new=detail["to_version"])
        return line, "switch-horizontal", "accent"
    words, icon, tone = SAID[event.kind]
    return text(words.source, **values), icon, tone


def people_of(event: ProcessEvent) -> set[int]:
    """Whom the line names besides whoever acted."""
    return {int(id_) for id_ in event.detail.get("people", {})}


def _due(moment: str | None, step: str, by: Actor) -> Text:
    if moment is None:
        return text("took the due date off “{step}”", step=step)
    local = datetime.fromisoformat(moment).astimezone(ZoneInfo(by.timezone))
    return text("made “{step}” due on {moment}", step=step, moment=f"{local:%Y-%m-%d %H:%M}")
