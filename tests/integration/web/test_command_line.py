"""The command line: an installation begins, is migrated and refuses what cannot be with the cure."""

from __future__ import annotations

import io
import socket
import sys
from pathlib import Path

import pytest
from sqlalchemy import inspect

import app
from crm.accounts.queries import actor_for, user_named
from crm.core.config import load_config
from crm.core.db import Database, reading
from crm.migrations import migrate, newest_version, present_version
from crm.web.beside import SchedulerBeside


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty installation."""
    for name in ("HELIU_DEMO", "HELIU_ADMIN_USERNAME", "HELIU_ADMIN_PASSWORD", "HELIU_ADMIN_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HELIU_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("HELIU_DATABASE_URL", f"sqlite:///{tmp_path / 'heliu.db'}")
    monkeypatch.setenv("HELIU_SECRET_KEY", "x" * 40)
    return tmp_path


def test_init_makes_an_administrator_who_may_everything(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("seven blue herons wade\n"))
    assert app.main(["init", "--username", "Root1", "--password-stdin"]) == 0
    assert "root1" in capsys.readouterr().out.lower()
    database = Database(f"sqlite:///{place / 'heliu.db'}")
    with reading(database) as session:
        user = user_named(session, "root1")
        assert user is not None
        assert actor_for(session, user.id).may("accounts", "administer")
    database.close()


def test_init_refuses_a_second_time_and_weak_passwords(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HELIU_ADMIN_PASSWORD", "password1234")
    assert app.main(["init", "--username", "root1"]) == 1
    assert "too common" in capsys.readouterr().err
    monkeypatch.setenv("HELIU_ADMIN_PASSWORD", "seven blue herons wade")
    assert app.main(["init", "--username", "root1"]) == 0
    assert app.main(["init", "--username", "root2"]) == 1
    assert "There are accounts already" in capsys.readouterr().err


def test_init_without_a_terminal_says_how_to_give_the_password(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(SystemExit) as refusal:
        app.main(["init", "--username", "root1"])
    assert "HELIU_ADMIN_PASSWORD" in str(refusal.value)


def test_serving_without_any_account_names_the_cure(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELIU_PORT", "18765")
    with pytest.raises(SystemExit) as refusal:
        app.main(["serve"])
    assert "app.py init" in str(refusal.value)


def test_demonstration_data_goes_into_an_empty_database_only(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HELIU_ADMIN_PASSWORD", "seven blue herons wade")
    app.main(["init", "--username", "root1"])
    assert app.main(["seed"]) == 1
    assert "empty database" in capsys.readouterr().err


@pytest.mark.parametrize("workers", ["0", "many", "65"])
def test_a_wrong_number_of_workers_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch, workers: str) -> None:
    monkeypatch.setenv("HELIU_ADMIN_PASSWORD", "seven blue herons wade")
    app.main(["init", "--username", "root1"])
    monkeypatch.setenv("HELIU_PORT", "18765")
    monkeypatch.setenv("HELIU_WORKERS", workers)
    with pytest.raises(SystemExit) as refusal:
        app.main(["serve"])
    assert "HELIU_WORKERS" in str(refusal.value)


def test_a_database_goes_up_to_the_newest_version_and_down_to_nothing(database: Database, tmp_path: Path) -> None:
    if database.is_sqlite:
        fresh = Database(f"sqlite:///{tmp_path / 'fresh.db'}")
    else:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("DROP DATABASE IF EXISTS fresh")
            connection.exec_driver_sql("CREATE DATABASE fresh")
        fresh = Database(database.url.replace("/postgres?", "/fresh?"))
    assert migrate(fresh, app.metadata())
    assert not migrate(fresh, app.metadata()), "the second time there is nothing to do"
    assert set(app.metadata().tables) <= set(inspect(fresh.engine).get_table_names())
    with fresh.engine.connect() as connection:
        assert present_version(connection) == newest_version()
    assert migrate(fresh, app.metadata(), to="base")
    left = {name for name in inspect(fresh.engine).get_table_names() if not name.startswith("sqlite_")}
    assert left == {"alembic_version"}
    fresh.close()


@pytest.mark.parametrize(
    ("name", "value", "cure"),
    [
        ("HELIU_VAR_DIR", "/etc/passwd/var", "may write to"),
        ("HELIU_DATABASE_URL", "postgresql://heliu@db.example.com:many/heliu", "port a number"),
        ("HELIU_SMTP_URL", "smtp://mail.example.com:many", "HELIU_SMTP_URL must look like"),
        ("HELIU_BASE_URL", "https://", "HELIU_BASE_URL must begin with"),
    ],
)
def test_a_wrong_setting_stops_the_program_with_the_cure(
    place: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, cure: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as refusal:
        app.main(["migrate"])
    assert name in str(refusal.value)
    assert cure in str(refusal.value)


def test_a_file_that_is_no_database_is_told_in_a_sentence(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "heliu.db").write_text("no database at all " * 100)
    assert app.main(["migrate"]) == 1
    assert "Check HELIU_DATABASE_URL" in capsys.readouterr().err


def test_an_empty_address_listens_on_this_machine_alone() -> None:
    assert load_config({"HELIU_SECRET_KEY": "x" * 40, "HELIU_HOST": ""}).host == "127.0.0.1"


def test_an_interrupted_command_says_so_and_leaves_nothing_half_done(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "DEMO_STEPS", (*app.DEMO_STEPS[:2], ("pressed Ctrl+C", interrupt)))
    assert app.main(["seed"]) == 130
    assert "Stopped" in capsys.readouterr().err
    database = Database(f"sqlite:///{place / 'heliu.db'}")
    with reading(database) as session:
        assert user_named(session, "agent1") is None
    database.close()


def test_a_scheduler_that_dies_is_begun_anew_and_ends_with_the_server() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(60)
    words = (
        "import socket, sys; talk = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); sys.exit(talk.recv(1))"
    )
    with listener, SchedulerBeside([sys.executable, "-c", words, str(listener.getsockname()[1])], rest=0):
        first, _ = listener.accept()
        with first:
            first.sendall(b"!")
        second, _ = listener.accept()
    with second:
        second.settimeout(60)
        assert second.recv(1) == b""
