"""The roof: the only file that sees all rooms. `create_app` puts an application together."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module

from flask import Blueprint, Flask
from sqlalchemy import MetaData
from werkzeug.middleware.proxy_fix import ProxyFix

from crm.accounts import admin_routes as accounts_admin
from crm.accounts import api as accounts_api
from crm.accounts import profile_routes as accounts_profile
from crm.accounts import routes as accounts
from crm.core.clock import Clock, utc_now
from crm.core.config import ROOT, Config, load_config
from crm.core.db import Base, Database
from crm.web.api import ApiBlueprint, set_up_api
from crm.web.assets import set_up_assets
from crm.web.doors import Ground
from crm.web.errors import set_up_errors
from crm.web.health import set_up_health
from crm.web.languages import set_up_languages
from crm.web.navigation import Entry, set_up_navigation
from crm.web.security import set_up_security
from crm.web.sessions import Sessions

# Modules that only hold tables: imported so that migrations and tests see every one of them.
TABLES = (
    "crm.accounts.models",
    "crm.accounts.credentials",
    "crm.activity.models",
    "crm.core.audit",
    "crm.core.due",
    "crm.core.heartbeat",
    "crm.core.outbox",
    "crm.core.search",
    "crm.customers.models",
    "crm.dictionary.models",
    "crm.service.models",
    "workflows.models",
)


@dataclass(frozen=True)
class Room:
    """What a room gives the application: pages, a part of the API, lines of the navigation."""

    pages: tuple[Blueprint, ...] = ()
    api: tuple[ApiBlueprint, ...] = ()
    navigation: tuple[Entry, ...] = field(default=())


def rooms() -> tuple[Room, ...]:
    """All rooms, in no order that matters."""
    return (
        Room(
            pages=(accounts.pages, accounts_profile.pages, accounts_admin.pages),
            api=(accounts_api.tokens, accounts_api.people),
            navigation=accounts_admin.NAVIGATION,
        ),
    )


def metadata() -> MetaData:
    """Every table of the product."""
    for module in TABLES:
        import_module(module)
    return Base.metadata


def create_app(config: Config | None = None, *, database: Database | None = None, clock: Clock | None = None) -> Flask:
    """Put an application together: ground, doors, rooms."""
    config = config or load_config()
    metadata()
    app = Flask("heliu", root_path=str(ROOT), static_folder="crm/static", template_folder="templates")
    app.config.update(SECRET_KEY=config.secret_key, TEMPLATES_AUTO_RELOAD=False)
    ground = Ground(config=config, database=database or Database(config.database_url), clock=clock or utc_now)
    app.extensions["heliu"] = ground
    app.session_interface = Sessions(app, ground)
    if config.trusted_proxies:
        count = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    set_up_languages(app)
    set_up_health(app)
    api = set_up_api(app)
    set_up_security(app)
    set_up_errors(app)
    set_up_assets(app)
    entries: list[Entry] = []
    for room in rooms():
        for blueprint in room.pages:
            app.register_blueprint(blueprint)
        for part in room.api:
            api.register_blueprint(part)
        entries += room.navigation
    set_up_navigation(app, entries)
    return app
