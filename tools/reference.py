"""The pages of docs/reference, written from the code so that they cannot be wrong.

python -m tools.reference          writes them
python -m tools.reference check    fails when one differs from what would be written
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

from app import create_app
from crm.accounts.demo import ROLES
from crm.core.config import load_config
from crm.permissions import ACTIONS, MODULES
from workflows.registry import ServiceOperation, registry

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
HEAD = "<!-- Written by `make docs`; change the code instead. -->\n\n"


def permissions() -> str:
    """What can be granted, and what the delivered roles grant."""
    lines = ["# Permissions", "", "| module | " + " | ".join(ACTIONS) + " |", "|---|" + "---|" * len(ACTIONS)]
    for module, (name, actions) in MODULES.items():
        lines.append(f"| {name} (`{module}`) | " + " | ".join("✓" if a in actions else "" for a in ACTIONS) + " |")
    lines += ["", "## Delivered roles", "", "| role | scope | permissions |", "|---|---|---|"]
    for role in ROLES:
        granted = "; ".join(f"{module}: {actions}" for module, actions in role.permissions.items())
        lines.append(f"| {role.name_en} {role.name} (`{role.key}`) | {role.scope} | {granted} |".replace("*", "all"))
    return "\n".join(lines) + "\n"


def service_operations() -> str:
    """What the service tasks of a diagram may call, and the lists that forms may offer."""
    lines = ["# What diagrams may call", "", "| operation | parameters | does |", "|---|---|---|"]
    for name, operation in sorted(registry().operations.items()):
        lines.append(f"| `{name}` | {', '.join(_parameters(operation))} | {_first_line(operation.run)} |")
    lines += ["", "## Lists for select fields (`valuesKey`)", "", "| name | offers |", "|---|---|"]
    for name, source in sorted(registry().choices.items()):
        lines.append(f"| `{name}` | {_first_line(source)} |")
    return "\n".join(lines) + "\n"


def addresses() -> str:
    """The REST API, an address a line."""
    config = load_config({"HELIU_SECRET_KEY": "x" * 32, "HELIU_DATABASE_URL": "sqlite:///:memory:"})
    app = create_app(config)
    lines = ["# REST API", "", "Under `/api/v1`; `/api/v1/openapi.json` describes bodies and answers.", ""]
    lines += ["| call | does |", "|---|---|"]
    rules = [
        rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1/") and "openapi" not in rule.rule
    ]
    for rule in sorted(rules, key=lambda rule: (rule.rule, sorted(rule.methods or ()))):
        methods = ", ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        path = rule.rule.removeprefix("/api/v1").replace("<int:", "{").replace("<", "{").replace(">", "}")
        lines.append(f"| {methods} `{path}` | {_first_line(app.view_functions[rule.endpoint])} |")
    return "\n".join(lines) + "\n"


PAGES = {"permissions.md": permissions, "processes.md": service_operations, "api.md": addresses}


def main() -> None:
    """Write the pages, or compare them."""
    if sys.argv[1:] == ["check"]:
        if stale := list(_stale()):
            sys.exit(f"docs/reference is not up to date ({', '.join(stale)}): make docs")
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, write in PAGES.items():
        (FOLDER / name).write_text(HEAD + write(), encoding="utf-8")


def _stale() -> Iterator[str]:
    for name, write in PAGES.items():
        path = FOLDER / name
        if not path.exists() or path.read_text(encoding="utf-8") != HEAD + write():
            yield name


def _parameters(operation: ServiceOperation) -> Iterator[str]:
    for name, parameter in operation.parameters.items():
        kind = str(parameter.annotation).replace("|", "or")
        yield f"`{name}`: {kind}" + ("" if parameter.default is parameter.empty else " (optional)")


def _first_line(thing: object) -> str:
    return (inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ")


if __name__ == "__main__":
    main()
