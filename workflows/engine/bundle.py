"""A bundle: the files of one version of a process, as bytes. Nothing here judges them beyond "can it be read"."""

from __future__ import annotations

import hashlib
import json
from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from workflows.engine.errors import BundleRefused, Problem
from workflows.engine.texts import N_

FORM_SUFFIX = ".form.json"
TEXTS_NAME = "texts.json"
RECORD_NAME = "record.json"
MAX_FILE_BYTES = 2_000_000
MAX_BYTES = 4_000_000
MAX_FILES = 200
MAX_JSON_DEPTH = 60


@dataclass(frozen=True)
class Bundle:
    """File names and their bytes: one `.bpmn`, any number of `.dmn` and `<key>.form.json`, perhaps `texts.json`."""

    files: Mapping[str, bytes]

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over names and bytes, independent of the order of the files."""
        digest = hashlib.sha256()
        for name in sorted(self.files):
            for part in (name.encode(), self.files[name]):
                digest.update(len(part).to_bytes(8, "big"))
                digest.update(part)
        return digest.hexdigest()

    @property
    def bpmn(self) -> tuple[str, bytes]:
        """Name and bytes of the one diagram. Raises BundleRefused when there is none or more than one."""
        found = [(name, raw) for name, raw in self.files.items() if name.endswith((".bpmn", ".bpmn20.xml"))]
        if not found:
            raise BundleRefused([Problem(None, N_("The bundle has no diagram; add one .bpmn file."))])
        if len(found) > 1:
            names = ", ".join(sorted(name for name, _ in found))
            message = N_("The bundle has several diagrams ({files}); keep one .bpmn file.")
            raise BundleRefused([Problem(None, message, {"files": names})])
        return found[0]

    @property
    def dmn(self) -> dict[str, bytes]:
        return {name: raw for name, raw in self.files.items() if name.endswith(".dmn")}

    @property
    def form_files(self) -> dict[str, str]:
        """Form key -> file name."""
        return {name.removesuffix(FORM_SUFFIX): name for name in self.files if name.endswith(FORM_SUFFIX)}

    @cached_property
    def forms(self) -> dict[str, dict[str, Any]]:
        """Form key -> form description. Raises BundleRefused when one of them is not a JSON object."""
        return {key: read_json(name, self.files[name], stored=True) for key, name in self.form_files.items()}

    @cached_property
    def record(self) -> dict[str, Any] | None:
        """What record the process opens, None without `record.json`. Raises BundleRefused."""
        return read_json(RECORD_NAME, self.files[RECORD_NAME], stored=True) if RECORD_NAME in self.files else None

    @cached_property
    def texts(self) -> dict[str, dict[str, str]]:
        """Locale -> source text -> translation, empty without `texts.json`."""
        if TEXTS_NAME not in self.files:
            return {}
        return read_json(TEXTS_NAME, self.files[TEXTS_NAME], stored=True)


def read_json(name: str, raw: bytes, *, stored: bool = False) -> dict[str, Any]:
    """The JSON object in a file. Raises BundleRefused with the place of the fault.

    What is `stored` was judged when it came; NaN, endless numbers, halves of characters and NUL are refused to newcomers only,
    for no answer could hold them and no database keep them.
    """
    try:
        value = json.loads(raw) if stored else orjson.loads(raw.removeprefix(BOM_UTF8))
    except (ValueError, RecursionError) as fault:
        message = N_("{file} is not valid JSON, so correct it, or save it anew where it comes from: {cause}")
        raise BundleRefused([Problem(None, message, {"file": name, "cause": str(fault)[:120]}, file=name)]) from None
    if b"\\u0000" in raw and not stored:
        message = N_("{file} contains a NUL character, which nobody can see and no database keeps; remove it.")
        raise BundleRefused([Problem(None, message, {"file": name}, file=name)])
    if _is_deeper(value, MAX_JSON_DEPTH):
        message = N_("{file} nests its values more than {limit} levels deep; make it flatter.")
        raise BundleRefused([Problem(None, message, {"file": name, "limit": MAX_JSON_DEPTH}, file=name)])
    if not isinstance(value, dict):
        message = N_("{file} must hold a JSON object.")
        raise BundleRefused([Problem(None, message, {"file": name}, file=name)])
    return value


def _is_deeper(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            inner
            for item in level
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return True
