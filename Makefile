# `make help` lists the recipes. Everything is made below this folder: .venv, frontend, var.
SHELL := /bin/sh
# The first Python that is new enough.
ifndef PYTHON
PYTHON := $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
endif
ifeq ($(strip $(PYTHON)),)
$(error Bellwire needs Python 3.11 or newer on PATH, or `make PYTHON=/path/to/python3`)
endif
VENV_PYTHON := .venv/bin/python
IN_DEVELOPMENT := DEBUG=1 DATABASE_URL=sqlite://:memory: REDIS_URL=
ARGS ?=
# Bytecode is kept below var, whatever the environment says of it: every start of a server would
# compile a thousand modules again, which takes twice as long as all the rest of it.
export PYTHONPYCACHEPREFIX := $(CURDIR)/var/bytecode
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run dev cluster test check check-python check-page format bench ledger demo embeddings generate picture lock clean

help: ## list the recipes
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 16

run: ## serve on http://localhost:8000 (PORT, HOST, DATABASE_URL, REDIS_URL change it)
	@$(PYTHON) -m tools.environment run frontend
	@exec $(VENV_PYTHON) -m tools.start

dev: ## the same, with reload of the server and of the page's modules, at the same address
	@$(PYTHON) -m tools.environment dev frontend
	@exec $(VENV_PYTHON) -m tools.dev

cluster: ## instances behind nginx on http://localhost:8080 (PORT, INSTANCES, DATABASE_URL, REDIS_URL)
	@$(PYTHON) -m tools.environment run frontend
	@exec $(VENV_PYTHON) -m tools.cluster

demo: ## send a believable stream of notifications to the server that `make run` started
	@$(PYTHON) -m tools.environment run
	@DEBUG=$${DEBUG:-1} exec $(VENV_PYTHON) manage.py demo $(ARGS)

test: ## run every test, embedded and on PostgreSQL and Redis (ARGS="-k bell" goes to pytest)
	@$(PYTHON) -m tools.environment dev frontend
	@exec $(VENV_PYTHON) -m tests.run $(ARGS)

check: ## what CI checks besides the tests: style, types, imports, migrations, the page
	@$(PYTHON) -m tools.environment dev frontend
	@$(MAKE) --no-print-directory -j2 check-page check-python

check-python:
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	DEBUG=1 .venv/bin/mypy
	.venv/bin/lint-imports
	$(VENV_PYTHON) -m tools.vocabulary
	$(IN_DEVELOPMENT) $(VENV_PYTHON) manage.py check --fail-level WARNING
	$(IN_DEVELOPMENT) $(VENV_PYTHON) manage.py makemigrations --check --dry-run

check-page:
	$(PYTHON) -m tools.npm run check

format: ## rewrite all sources in the house style: Python, TypeScript, Vue, CSS
	@$(PYTHON) -m tools.environment dev frontend
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	$(PYTHON) -m tools.npm run format

bench: ## measure deliveries a second beside a bare loop and a textbook consumer
	@$(PYTHON) -m tools.environment dev frontend
	@exec $(VENV_PYTHON) -m benchmarks $(ARGS)

ledger: ## break everything under traffic and count what is lost (ARGS=--short, ARGS=--plant)
	@$(PYTHON) -m tools.environment dev frontend
	@exec $(VENV_PYTHON) -m tests.ledger $(ARGS)

embeddings: ## install the optional extra: the assistant also searches by meaning (200 MB)
	@$(PYTHON) -m tools.environment run embeddings

generate: ## write the client library's catalogue and the settings' tables in docs/operations.md
	@$(PYTHON) -m tools.environment dev
	$(IN_DEVELOPMENT) $(VENV_PYTHON) -m tools.catalogue
	$(IN_DEVELOPMENT) $(VENV_PYTHON) -m tools.settings_tables

picture: ## take the picture of the portal in README.md again
	@$(PYTHON) -m tools.environment dev frontend
	@README_PICTURE=1 exec $(VENV_PYTHON) -m tests.run tests/browser/test_readme_picture.py

lock: ## resolve requirements*.in into the pinned requirements*.txt
	@$(PYTHON) -m tools.environment dev
	$(VENV_PYTHON) -m tools.lock

clean: ## remove everything that was made, the development database included
	rm -rf .venv var frontend/node_modules frontend/dist frontend/dist-lib bellwire.sqlite3*
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
