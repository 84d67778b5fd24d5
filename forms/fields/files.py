"""Files: stored first by whoever owns the file store, so that the answer holds only ids and names."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import wtforms
from wtforms.widgets import FileInput

from forms.expressions import is_formula, problems_in_setting, setting
from forms.fields.base import Asking, Entry, FieldType, Spec
from forms.fields.numbers import exact
from forms.plain import UNSTORABLE
from forms.problems import N_, FormProblem, Refusal

MOST_FILES = 20
DEFAULT_MEGABYTES = 20
MOST_MEGABYTES = 200
ACCEPTED = re.compile(r"\.[\w.]{1,20}|[a-z]+/(?:\*|[\w.+-]{1,100})", re.ASCII)


class FileEntry(Entry, wtforms.FileField):
    """`data` holds what is stored already, `uploads` what came with this request."""

    widget = FileInput()
    kind: Files
    uploads: tuple[Any, ...] = ()

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.uploads = tuple(given for given in valuelist if getattr(given, "filename", None))
        super().process_formdata([given for given in valuelist if isinstance(given, str) and given])
        self.typed = self.data

    def process_answer(self, value: object) -> None:
        super().process_answer(value)
        self.typed = self.data

    def keep(self) -> None:
        self.uploads = ()
        super().keep()

    def store(self) -> None:
        """Hand the new files to the store; a file that is refused is named and not stored."""
        uploads, self.uploads = self.uploads, ()
        if not uploads:
            return
        stored = list(self.data) if self.kind.many(self.asking) else []
        try:
            if self.asking.store_file is None:
                raise Refusal(N_("{label}: files cannot be taken here."))
            if len(stored) + len(uploads) > (most := self.kind.most(self.asking)):
                raise Refusal(N_("{label}: at most {limit} files."), limit=most)
            for upload in uploads:
                self.kind.check_upload(upload, self.asking)
            stored += [dict(self.asking.store_file(upload)) for upload in uploads]
        except Refusal as refusal:
            self.process_errors.append(self.asking.sentence(refusal))
        self.data = self.typed = stored or self.data


class Files(FieldType):
    """The answer is a list of what the store returned for each file (`id`, `name`, …), also when one is asked for."""

    entry = FileEntry
    look = "file"
    missing = N_("{label}: choose a file.")

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        self.multiple = setting(spec.get("multiple"))
        self.accepts = setting(spec.get("accept"))
        self.megabytes = _size(self.properties.get("maxMegabytes")) or DEFAULT_MEGABYTES

    def empty(self) -> list[dict[str, object]]:
        return []

    def many(self, asking: Asking) -> bool:
        return self.multiple.value(asking.scope) is True

    def most(self, asking: Asking) -> int:
        return MOST_FILES if self.many(asking) else 1

    def parse(self, texts: list[Any], asking: Asking) -> object:
        return self.accept(texts, asking)

    def accept(self, value: object, asking: Asking) -> list[dict[str, object]]:
        """References to files are believed only when the store or the value so far knows them."""
        if value is None or value == "":
            return []
        if not isinstance(value, list) or len(value) > MOST_FILES:
            raise Refusal(N_("{label}: at most {limit} files."), limit=MOST_FILES)
        known = {str(item["id"]): item for item in asking.memo.get("files", ())}
        found = []
        for item in value:
            key = item.get("id") if isinstance(item, Mapping) else item
            if isinstance(key, int) and not isinstance(key, bool) and key.bit_length() < 64:
                key = str(key)
            if not isinstance(key, str) or len(key) > 200:
                raise Refusal(N_("{label}: a file is not known here; choose it again."))
            file = known.get(key) or (asking.find_file(key) if asking.find_file else None)
            if file is None:
                raise Refusal(N_("{label}: a file is not known here; choose it again."))
            found.append(dict(file))
        return found

    def recall(self, value: object, asking: Asking) -> tuple[object, object]:
        files = [dict(item) for item in value if _is_file(item)] if isinstance(value, (list, tuple)) else []
        asking.memo["files"] = files
        return files, files

    def typed_in(self, texts: list[Any]) -> object:
        return []

    def check(self, value: list[Mapping[str, object]], asking: Asking) -> None:
        if len(value) > (most := self.most(asking)):
            raise Refusal(N_("{label}: at most {limit} files."), limit=most)
        # A program sends a file first and then names it: its kind is checked like that of an upload.
        known = {str(item["id"]) for item in asking.memo.get("files", ())}
        for item in value:
            if str(item["id"]) not in known:
                self.check_kind(str(item.get("name", "")), asking)

    def check_kind(self, name: str, asking: Asking) -> None:
        """Does the field take this kind of file, by its ending?"""
        accepts = self.accepts.value(asking.scope)
        if isinstance(accepts, str) and accepts.strip() and not is_accepted(name, accepts):
            raise Refusal(N_("{label}: {name} is not of an allowed kind ({accepted})."), name=name, accepted=accepts)

    def check_upload(self, upload: Any, asking: Asking) -> None:
        """Name, kind and size of a new file; what is inside it is for the store to judge."""
        name = str(upload.filename)
        if len(name) > 255 or UNSTORABLE.search(name):
            raise Refusal(N_("{label}: the name of a file is too long or has signs that cannot be stored."))
        self.check_kind(name, asking)
        stream = upload.stream
        size = stream.seek(0, 2)
        stream.seek(0)
        if size > self.megabytes * 1_000_000:
            raise Refusal(N_("{label}: {name} is larger than {limit} MB."), name=name, limit=f"{self.megabytes:g}")
        if size == 0:
            raise Refusal(N_("{label}: {name} is empty."), name=name)

    def shown(self, value: Any, asking: Asking) -> str:
        return asking.reader.comma.join(str(item.get("name") or item.get("id")) for item in value)

    def attributes(self, entry: Any) -> dict[str, object]:
        accepts = self.accepts.value(entry.asking.scope)
        found: dict[str, object] = {"data-max-megabytes": f"{self.megabytes:g}"}
        if isinstance(accepts, str) and accepts:
            found["accept"] = accepts
        if self.many(entry.asking):
            found["multiple"] = True
        return found

    @classmethod
    def problems(cls, spec: Spec, element: str) -> Iterator[FormProblem]:
        yield from super().problems(spec, element)
        yield from problems_in_setting(element, "multiple", spec.get("multiple"))
        accept = spec.get("accept")
        if is_formula(accept):
            yield from problems_in_setting(element, "accept", accept)
        elif accept and not (
            isinstance(accept, str) and all(ACCEPTED.fullmatch(part.strip().lower()) for part in accept.split(","))
        ):
            yield FormProblem(element, N_("Allowed kinds of files are written like .pdf,.docx,image/*"))
        properties = spec.get("properties")
        size = properties.get("maxMegabytes") if isinstance(properties, Mapping) else None
        if size is not None and _size(size) is None:
            yield FormProblem(
                element,
                N_("{property} must lie between 0 and {limit}"),
                {"property": "maxMegabytes", "limit": MOST_MEGABYTES},
            )


def is_accepted(name: str, accepts: str) -> bool:
    """Does a file name fit an `accept` list of extensions and media types, as a browser reads it?"""
    guessed = mimetypes.guess_type(PurePosixPath(name).name)[0] or ""
    for part in accepts.lower().split(","):
        wanted = part.strip()
        if wanted.startswith(".") and name.lower().endswith(wanted):
            return True
        if "/" in wanted and (guessed == wanted or (wanted.endswith("/*") and guessed.startswith(wanted[:-1]))):
            return True
    return False


def _size(size: object) -> float | None:
    number = exact(size)
    return float(number) if number is not None and 0 < number <= MOST_MEGABYTES else None


def _is_file(item: object) -> bool:
    return isinstance(item, Mapping) and isinstance(item.get("id"), (str, int))
