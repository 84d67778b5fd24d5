# Heliu CRM. A fresh machine needs Python 3.11 or newer (with venv) and make; nothing else.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PY     := $(BIN)/python
PIP    := $(PY) -m pip install --quiet --disable-pip-version-check --no-input --no-compile --require-hashes --only-binary :all:
PO     := $(wildcard crm/translations/*/LC_MESSAGES/*.po)
SOURCE := app.py feel forms crm workflows scheduler bench tools tests
UVLOCK := $(BIN)/uv pip compile --quiet --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --python-version 3.11

export PYTHONUTF8 := 1
# Compiled files are kept whatever the shell says: without them each start takes seconds longer.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help docs build run dev test check bench seed lock translations assets setup-test clean

help: ## these words
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.run assets translations ## start the product with demonstration data on http port 8000
	HELIU_DEMO=1 $(PY) app.py serve --demo

build: $(VENV)/.run assets translations ## install everything that running needs

dev: $(VENV)/.dev assets translations ## start it for development: reloads when a file changes
	HELIU_DEMO=1 $(PY) app.py serve --demo --reload

test: setup-test translations ## all tests, on SQLite and PostgreSQL, with a real browser
	$(PY) -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder tests

check: $(VENV)/.dev ## format, lint, types, translations, locks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(wildcard $(SOURCE))
	$(PY) -m tools.translations check
	$(PY) -m tools.locks
	$(PY) -m tools.icons
	$(PY) -m tools.reference check

docs: $(VENV)/.run ## write docs/reference from the code
	$(PY) -m tools.reference

bench: setup-test translations ## measure, and write var/bench.json
	$(PY) -m bench

seed: $(VENV)/.run translations ## fill an empty database with demonstration data
	HELIU_DEMO=1 $(PY) app.py seed

lock: $(VENV)/.dev ## renew requirements*.txt and package-lock.json from what we ask for
	$(UVLOCK) --output-file requirements.txt requirements.in
	$(UVLOCK) --output-file requirements-dev.txt requirements-dev.in
	$(PY) -m tools.locks renew

translations: $(VENV)/.run ## compile the catalogues that changed
	@$(PY) -m tools.translations compile

assets: $(VENV)/.run ## install and build what the browser needs
	@$(PY) -m tools.assets

setup-test: $(VENV)/.dev ## what the tests need: packages, browser, assets
	@$(PY) -m tools.assets --dev
	@$(PY) -m tools.browser

$(VENV)/.run: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Heliu needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	$(PIP) -r requirements-dev.txt
	@touch $@

clean: ## remove everything that was installed or built (never var/, where data lies)
	rm -rf $(VENV) node_modules crm/static/vendor .mypy_cache .ruff_cache .pytest_cache
	rm -f $(PO:.po=.mo)
