"""What user names, passwords, roles and departments must look like; where a visitor may be led after signing in."""

from __future__ import annotations

import pytest

from crm.accounts import passwords, rules
from crm.accounts.demo import ROLES, permissions_of
from crm.accounts.rules import UserValues
from crm.core.errors import Invalid
from crm.permissions import PERMISSIONS, Scope, wider
from crm.web.security import safe_next


@pytest.mark.parametrize(
    ("typed", "stored"), [("Agent1", "agent1"), ("  wang.haiyan ", "wang.haiyan"), ("a-b_c.9", "a-b_c.9")]
)
def test_a_user_name_is_stored_in_lower_case(typed: str, stored: str) -> None:
    assert rules.check_username(typed) == stored


@pytest.mark.parametrize("typed", ["", "ab", "王海燕", "a b", "-abc", "abc-", "a" * 61, "a/../b", "a\n"])
def test_what_cannot_be_a_user_name_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        rules.check_username(typed)
    assert [fault.field for fault in refusal.value.faults] == ["username"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        (UserValues(name=" "), "name"),
        (UserValues(name="x" * 81), "name"),
        (UserValues(name="x", email="nobody"), "email"),
        (UserValues(name="x", email="a@b\nBcc: c@d.example"), "email"),
        (UserValues(name="x", phone="call me"), "phone"),
        (UserValues(name="x", locale="tlh"), "locale"),
        (UserValues(name="x", timezone="Mars/Olympus"), "timezone"),
        (UserValues(name="x", timezone="../../etc/passwd"), "timezone"),
    ],
)
def test_a_wrong_value_is_named(values: UserValues, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        rules.check_user(values)
    assert [fault.field for fault in refusal.value.faults] == [field]


def test_values_are_trimmed() -> None:
    checked = rules.check_user(UserValues(name=" 王海燕 ", email=" a@heliu.example ", phone=" 021-5555 0101 "))
    assert (checked.name, checked.email, checked.phone) == ("王海燕", "a@heliu.example", "021-5555 0101")


@pytest.mark.parametrize(
    "password",
    ["short", "elevenchars", "password1234", "PASSWORD1234", "aaaaaaaaaaaa", "abababababab", "my-agent1-pass", "x" * 129],
)  # fmt: skip
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(Invalid):
        passwords.check_password(password, username="agent1")


@pytest.mark.parametrize("password", ["seven blue herons wade", "一二三四五六七八九十一二", "Tr0ub4dor&3-and-more"])
def test_a_good_password_is_taken(password: str) -> None:
    passwords.check_password(password, username="agent1")


def test_a_hash_fits_its_password_only() -> None:
    kept = passwords.hash_password("seven blue herons wade")
    assert kept.startswith("$argon2id$")
    assert passwords.fits(kept, "seven blue herons wade")
    assert not passwords.fits(kept, "seven blue herons")
    assert not passwords.fits(None, "nobody has this password")
    assert not passwords.fits("garbage", "garbage")


@pytest.mark.parametrize(
    ("parent_id", "ring"), [(None, False), (1, False), (2, True), (4, True), (5, True), (9, False)]
)
def test_a_department_cannot_stand_below_itself(parent_id: int | None, ring: bool) -> None:
    parents = {1: None, 2: 1, 3: 1, 4: 2, 5: 4, 9: None}
    assert rules.makes_ring(2, parent_id, parents) is ring


def test_a_bent_tree_does_not_hang() -> None:
    assert rules.makes_ring(9, 1, {1: 2, 2: 1}) is False


@pytest.mark.parametrize("seed", ROLES, ids=lambda seed: seed.key)
def test_built_in_roles_give_permissions_that_exist(seed: object) -> None:
    assert permissions_of(seed) <= PERMISSIONS  # type: ignore[arg-type]  # parametrised over the seeds


def test_of_two_scopes_the_wider_counts() -> None:
    assert wider(None, Scope.OWN) is Scope.OWN
    assert wider(Scope.ALL, Scope.OWN) is Scope.ALL
    assert wider(Scope.DEPARTMENT, Scope.DEPARTMENT_AND_BELOW) is Scope.DEPARTMENT_AND_BELOW


@pytest.mark.parametrize("target", ["/", "/tasks", "/tasks?folder=mine&x=1", "/customers/3#notes"])
def test_a_path_of_ours_may_be_next(target: str) -> None:
    assert safe_next(target, "/start") == target


@pytest.mark.parametrize(
    "target",
    [
        None, "", "tasks", "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "///evil.example",
        "/\t/evil.example", "/%0d%0aSet-Cookie:x\r\n", "javascript:alert(1)", "/a\\b", " /tasks", "/tasks\n",
    ],
)  # fmt: skip
def test_anything_else_is_not_next(target: str | None) -> None:
    assert safe_next(target, "/start") == "/start"
