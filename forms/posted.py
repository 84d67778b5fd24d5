"""A browser's post, read defensively: its fields, its list rows, and the form's own buttons and notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

NUMBER = re.compile(r"\d{1,4}")


class Posted:
    """A MultiDict with the few questions that a form asks of it. Names that no field has are never looked at.

    `_add` (the path of a list) and `_remove` (the path of a row) come from buttons that change rows without a script;
    `_refresh` asks for the form again as it is; `_hidden` lists the fields that the page showed hidden, so that nobody sends off a form with fields they never saw.
    """

    def __init__(self, formdata: Any) -> None:
        self.formdata = formdata
        self.add = self._one("_add")
        self.remove = self._one("_remove")
        self.was_hidden = frozenset(self._one("_hidden").split()[:2000])
        self._rows: dict[str, set[int]] | None = None

    @property
    def rearranges(self) -> bool:
        """Does it ask for another number of rows instead of sending the form off?"""
        return bool(self.add or self.remove or self._one("_refresh"))

    def _one(self, name: str) -> str:
        found = self.formdata.getlist(name)
        return found[-1] if found and isinstance(found[-1], str) else ""

    def __contains__(self, name: str) -> bool:
        return name in self.formdata

    def getlist(self, name: str) -> list[Any]:
        return list(self.formdata.getlist(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self.formdata)

    def rows(self, path: str, known: int) -> list[int]:
        """The numbers of a list's rows, after the buttons had their way; a page numbers its rows upwards.

        The first `known` numbers belong to rows that were there before: a new one never takes the place of such a row,
        even if it was removed, since it would inherit what was known about it.
        """
        if self._rows is None:
            self._rows = self._count()
        posted = sorted(self._rows.get(path, ()))
        numbers = [number for number in posted if self.remove != f"{path}.{number}"]
        if self.add == path:
            numbers.append(max([known - 1, *posted]) + 1)
        return numbers

    def _count(self) -> dict[str, set[int]]:
        found: dict[str, set[int]] = {}
        for name in list(self.formdata):
            if not isinstance(name, str) or len(name) > 1000:
                continue
            parts = name.split(".")
            for place, part in enumerate(parts):
                if place and NUMBER.fullmatch(part):
                    found.setdefault(".".join(parts[:place]), set()).add(int(part))
        return found
