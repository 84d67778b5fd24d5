"""Functions of contexts. A context is never changed; a new one is made."""

from __future__ import annotations

from feel.budget import Run
from feel.values import MAX_RESULT_DEPTH, Value, adopt

from .registry import builtin


@builtin("get value(m: context, key: string)", "get value(context: context, key: string)")
def get_value(_run: Run, context: dict[str, Value], key: str) -> Value:
    return adopt(context.get(key))


@builtin("get value(context: context, keys: list)")
def get_value_at(_run: Run, context: Value, keys: list[Value]) -> Value:
    for key in keys:
        if not isinstance(context, dict) or not isinstance(key, str):
            return None
        context = adopt(context.get(key))
    return context


@builtin("get entries(m: context)", "get entries(context: context)")
def get_entries(run: Run, context: dict[str, Value]) -> list[Value]:
    run.make(3 * len(context))
    return [{"key": str(key), "value": adopt(value)} for key, value in context.items()]


@builtin("context(...entries: context)")
def context(run: Run, entries: list[dict[str, Value]]) -> dict[str, Value] | None:
    """A context of entries that have a key and a value each; null when a key is missing or comes twice."""
    made: dict[str, Value] = {}
    run.make(len(entries))
    for one in entries:
        if "key" not in one or "value" not in one or not isinstance(one["key"], str) or one["key"] in made:
            return None
        made[one["key"]] = adopt(one["value"])
    return made


@builtin("context merge(...contexts: context)")
def context_merge(run: Run, contexts: list[dict[str, Value]]) -> dict[str, Value]:
    run.make(sum(map(len, contexts)))
    made: dict[str, Value] = {}
    for one in contexts:
        made.update(one)
    return made


@builtin(
    "context put(context: context, key: string, value: any)", "context put(context: context, keys: list, value: any)"
)
def context_put(run: Run, context: dict[str, Value], key: Value, value: Value) -> dict[str, Value] | None:
    """The context with one entry added or replaced; a list of keys leads into contexts inside it."""
    keys = key if isinstance(key, list) else [key]
    if not keys or len(keys) > MAX_RESULT_DEPTH or not all(isinstance(step, str) for step in keys):
        return None
    return _put(run, context, keys, value)


def _put(run: Run, context: Value, keys: list[str], value: Value) -> dict[str, Value] | None:
    if not isinstance(context, dict):
        return None
    if len(keys) > 1:
        value = _put(run, adopt(context.get(keys[0])), keys[1:], value)
        if value is None:
            return None
    run.make(len(context) + 1)
    return {**context, keys[0]: value}
