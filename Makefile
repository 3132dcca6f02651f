.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONPATH := .
export LITELLM_LOCAL_MODEL_COST_MAP := True
# Where Python may keep what it compiled, each of the many processes of a test run starts sooner.
unexport PYTHONDONTWRITEBYTECODE
PACKAGES := api cli console data evals examples graphs prompts providers service tools

help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  \033[36m%-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("Cicerone needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[mcp]'
	@$(BIN)/python -m compileall -q $(PACKAGES)
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

$(VENV)/.installed-docs: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[docs]'
	@touch $@

install: $(VENV)/.installed ## Make .venv with the command .venv/bin/cicerone

install-dev: $(VENV)/.installed-dev ## Add what the tests need

prepare: install ## Prepare the local model
	$(BIN)/cicerone models prepare

run: prepare ## Install, prepare the model, migrate, load the sample company, serve
	$(BIN)/cicerone db upgrade
	$(BIN)/cicerone sample load
	$(BIN)/cicerone serve

lint: install-dev ## Check style and spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell $(PACKAGES) tests docs README.md CHANGELOG.md CONTRIBUTING.md

typecheck: install-dev ## Check types, strictly
	$(BIN)/mypy

layers: install-dev ## Check that imports point down only
	$(BIN)/lint-imports --no-cache

migrations: install-dev ## Upgrade, check for drift and downgrade on SQLite and PostgreSQL
	$(BIN)/pytest tests/data/test_migrate.py -q

unit: install-dev ## Run the tests that need no database, model, server or process
	$(BIN)/pytest -m 'not integration and not system' -n 2 -q

# Three processes on two cores: one works while the others wait. Where dozens fail, one thing is
# broken, and it is told before the patience of whoever waits has ended.
test: lint typecheck layers prepare ## Check everything that pip can bring, migrations included
	$(BIN)/pytest -m 'not system' -n 3 --dist loadgroup --maxfail=50

coverage: install-dev prepare ## Run the same tests, slower, and measure how much of the sources they reach
	$(BIN)/pytest -m 'not system' -n 2 --dist loadgroup --cov --cov-report=term

system: install-dev prepare
	$(BIN)/pytest -m system -q

test-all: test system ## Add the tests that need Debian's Chromium, Redis, RabbitMQ and Tesseract

format: install-dev ## Rewrite the sources in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.installed-docs ## Build the documentation site
	$(BIN)/mkdocs build --strict

evals: prepare ## Run the quick suite against the accepted result
	$(BIN)/cicerone eval run quick --gate

evals-full: prepare ## Run the full suite against the accepted result
	$(BIN)/cicerone eval run full --gate

bench: prepare ## Measure speed against the floor
	$(BIN)/cicerone bench

migrate: install ## Bring the database up to date
	$(BIN)/cicerone db upgrade

clean: ## Remove what was built here
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .coverage site

.PHONY: help install install-dev prepare run lint typecheck layers migrations unit test coverage system test-all format docs evals evals-full bench migrate clean
