"""Reads the names of types, as they stand after `instance of` and behind parameters."""

from __future__ import annotations

from . import tree
from .errors import FeelError
from .reader import Reader

TYPE_NAMES = frozenset(
    {"Any", "Null", "number", "string", "boolean", "date", "time", "list", "context", "range", "function"}
)
# Names of types that hold a key word.
COMPOUND_TYPES = (
    ("date", "and", "time"),
    ("years", "and", "months", "duration"),
    ("days", "and", "time", "duration"),
)


class TypeReader(Reader):
    """Adds types to what a reader reads."""

    def type_name(self) -> tree.TypeName:
        self.go_down()
        at = self.token.start
        name = next((" ".join(words) for words in COMPOUND_TYPES if self.sees_words(words)), "")
        self.index += len(name.split())
        name = name or self.type_words()
        of: tree.TypeName | None = None
        entries: list[tuple[str, tree.TypeName]] = []
        if self.take("<"):
            if name == "context":
                while not self.sees(">"):
                    key = self.name_in_front()
                    self.need(":")
                    entries.append((key, self.type_name()))
                    if not self.take(","):
                        break
            elif not self.sees(">"):
                of = self.type_name()
                while self.take(","):
                    self.type_name()
            self.need(">")
            if self.take("->"):
                self.type_name()
        self.nesting -= 1
        return tree.TypeName(at, name, of, tuple(entries))

    def type_words(self) -> str:
        at = self.token.start
        if self.take("null"):
            return "Null"
        name = self.name()
        if name not in TYPE_NAMES:
            raise FeelError("There is no type “{name}”", position=at, name=name)
        return name
