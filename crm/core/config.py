"""Configuration from the environment, checked at start. A wrong value stops the program with the cure in its message."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

ROOT = Path(__file__).resolve().parents[2]
MOST_PROXIES = 10
FALSE_WORDS = {"", "0", "false", "no", "off"}


class ConfigError(SystemExit):
    """The environment does not fit; the message names the variable and the cure."""


@dataclass(frozen=True)
class Config:
    """All settings of one installation. Times in seconds, paths absolute."""

    database_url: str
    secret_key: str
    host: str
    port: int
    var_dir: Path
    demo: bool
    timezone: str
    smtp_url: str | None
    mail_from: str
    base_url: str
    https: bool
    trusted_proxies: int
    pdf_font: Path | None = None
    idle_seconds: int = 8 * 3600

    @property
    def upload_dir(self) -> Path:
        return self.var_dir / "uploads"

    @property
    def mail_dir(self) -> Path:
        return self.var_dir / "mail"

    def with_(self, **changes: object) -> Config:
        """A copy with other values; used by tests and commands."""
        return replace(self, **changes)  # type: ignore[arg-type]  # the caller names fields of this class


def load_config(environ: Mapping[str, str] | None = None) -> Config:
    """Read `HELIU_…` variables. Raises ConfigError with the cure."""
    env = os.environ if environ is None else environ
    demo = env.get("HELIU_DEMO", "").lower() not in FALSE_WORDS
    var_dir = Path(env.get("HELIU_VAR_DIR") or ROOT / "var").resolve()
    # An empty address would listen on every network that this machine is in.
    host = env.get("HELIU_HOST") or "127.0.0.1"
    port = _port(env.get("HELIU_PORT", "8000"))
    base_url = (env.get("HELIU_BASE_URL") or f"http://{_in_address(host)}:{port}").rstrip("/")
    if not _is_address(base_url, "http", "https"):
        raise ConfigError("HELIU_BASE_URL must begin with http:// or https://, for example https://crm.example.com")
    return Config(
        database_url=_database_url(env.get("HELIU_DATABASE_URL", ""), var_dir),
        secret_key=_secret_key(env.get("HELIU_SECRET_KEY", ""), var_dir, demo=demo),
        host=host,
        port=port,
        var_dir=var_dir,
        demo=demo,
        timezone=_timezone(env.get("HELIU_TIMEZONE", "Asia/Shanghai")),
        smtp_url=_smtp_url(env.get("HELIU_SMTP_URL", "")),
        mail_from=env.get("HELIU_MAIL_FROM", "Heliu CRM <heliu@localhost>"),
        base_url=base_url,
        https=base_url.startswith("https://"),
        trusted_proxies=_trusted_proxies(env.get("HELIU_TRUSTED_PROXIES", "") or "0"),
        pdf_font=_pdf_font(env.get("HELIU_PDF_FONT", "")),
    )


def _port(value: str) -> int:
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise ConfigError(f"HELIU_PORT must be a number from 1 to 65535, not {value!r}")
    return int(value)


def _trusted_proxies(value: str) -> int:
    if not value.isdecimal() or int(value) > MOST_PROXIES:
        raise ConfigError(
            f"HELIU_TRUSTED_PROXIES must be the number of proxies before this program, 0 to {MOST_PROXIES}, not {value!r}"
        )
    return int(value)


def _database_url(value: str, var_dir: Path) -> str:
    if not value:
        return f"sqlite:///{var_dir / 'heliu.db'}"
    if value.startswith("postgresql://"):
        value = value.replace("postgresql://", "postgresql+psycopg://", 1)
    if value.startswith(("postgresql+psycopg://", "sqlite:///")):
        try:
            make_url(value)
        except (ArgumentError, ValueError):
            # The address may hold a password, so it is not repeated.
            raise ConfigError(
                "HELIU_DATABASE_URL cannot be read: is the port a number, and are signs such as @ and / in the password "
                "written as %40 and %2F?"
            ) from None
        return value
    raise ConfigError(
        "HELIU_DATABASE_URL must begin with postgresql:// or sqlite:///, for example postgresql://heliu@db.example.com/heliu"
    )


def _secret_key(value: str, var_dir: Path, *, demo: bool) -> str:
    if value:
        if len(value) < 32:
            raise ConfigError(
                "HELIU_SECRET_KEY is too short: give at least 32 characters, for example from `openssl rand -hex 32`"
            )
        return value
    if not demo:
        raise ConfigError(
            "HELIU_SECRET_KEY is missing: set it to at least 32 characters, for example from `openssl rand -hex 32`"
        )
    make_folder(var_dir)
    kept = var_dir / "secret_key"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_hex(32))
    return kept.read_text().strip()


def make_folder(var_dir: Path) -> None:
    """The folder for what this installation keeps beside its database is there and may be written to. Raises ConfigError."""
    try:
        var_dir.mkdir(parents=True, exist_ok=True)
        if not os.access(var_dir, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as fault:
        raise ConfigError(
            f"HELIU_VAR_DIR {str(var_dir)!r} cannot be used ({fault.strerror}): give a folder that this program may write to"
        ) from None


def _pdf_font(value: str) -> Path | None:
    """A font with TrueType outlines, the first one of a collection: what the writer of PDF can embed."""
    if not value:
        return None
    try:
        with Path(value).open("rb") as font:
            head = font.read(16)
            if head.startswith(b"ttcf"):
                font.seek(int.from_bytes(head[12:16], "big"))
                head = font.read(4)
    except OSError as fault:
        raise ConfigError(f"HELIU_PDF_FONT {value!r} cannot be read: {fault.strerror}") from None
    if not head.startswith((b"\x00\x01\x00\x00", b"true")):
        raise ConfigError(
            f"HELIU_PDF_FONT {value!r} has no TrueType outlines: give a .ttf or .ttc that has, for example WenQuanYi Micro Hei"
        )
    return Path(value).resolve()


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            f"HELIU_TIMEZONE {value!r} is unknown: give a name such as Asia/Shanghai or Europe/Berlin"
        ) from None
    return value


def _smtp_url(value: str) -> str | None:
    if not value:
        return None
    if not _is_address(value, "smtp", "smtps"):
        raise ConfigError("HELIU_SMTP_URL must look like smtp://user:password@mail.example.com:587 or smtps://…:465")
    return value


def _is_address(value: str, *schemes: str) -> bool:
    """Does it name a host, in one of these ways, with a number for the port if there is one?"""
    try:
        parts: SplitResult = urlsplit(value)
        return parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host
