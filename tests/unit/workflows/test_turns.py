"""Who is next: fair over any number of turns, whoever comes and goes."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from crm.core.i18n import Text, text
from tests.processes.small import straight, user_task
from workflows import engine
from workflows.assigning.reasons import as_json, from_json, named
from workflows.assigning.rules import least_busy, next_after, rules_of

members = st.sets(st.integers(1, 50), min_size=1, max_size=8)


@given(members, st.none() | st.integers(1, 60), st.integers(0, 40))
def test_turns_differ_by_one_at_most(team: set[int], last: int | None, turns: int) -> None:
    got: Counter[int] = Counter()
    for _ in range(turns):
        last = next_after(last, [*team])
        got[last] += 1
    shares = [got[member] for member in team]
    assert max(shares) - min(shares) <= 1


@given(st.lists(members, min_size=1, max_size=30))
def test_only_those_who_are_there_are_chosen(days: list[set[int]]) -> None:
    last: int | None = None
    for team in days:
        last = next_after(last, [*team])
        assert last in team


@given(st.dictionaries(st.integers(1, 50), st.integers(0, 5), min_size=1, max_size=8), st.none() | st.integers(1, 60))
def test_the_least_busy_has_no_more_than_anybody_else(loads: dict[int, int], last: int | None) -> None:
    assert loads[least_busy(loads, last)] == min(loads.values())


@given(members, st.integers(0, 60))
def test_starting_equal_the_least_busy_share_evenly(team: set[int], turns: int) -> None:
    loads = dict.fromkeys(team, 0)
    last: int | None = None
    for _ in range(turns):
        last = least_busy(loads, last)
        loads[last] += 1
    assert max(loads.values()) - min(loads.values()) <= 1


names = st.builds(named, st.text(min_size=1, max_size=5), st.text(max_size=5))
sentences = st.recursive(
    st.builds(lambda name: text("{person} has left.", person=name), names),
    lambda inner: st.builds(
        lambda one, other, number: Text("{a} {b} {n}", {"a": one, "b": other, "n": number}), inner, inner, st.integers()
    ),
    max_leaves=5,
)


@given(sentences, st.sampled_from(["en", "zh_CN"]))
def test_a_reason_reads_the_same_after_it_was_kept(reason: Text, locale: str) -> None:
    assert from_json(as_json(reason)).in_language(locale) == reason.in_language(locale)


def test_nothing_is_asked_where_no_task_of_a_process_has_a_rule() -> None:
    definition = engine.compile(straight("plain", user_task("check", assignee="initiator_id"), user_task("file")))
    assert rules_of(definition) == {}
