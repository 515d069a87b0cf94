# Two commands matter to a newcomer: `make run` and `make test`. `make` alone lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# Test processes; two fit a small machine, each has its own databases.
WORKERS ?= 2
# Passed on to the command: make run ARGS="--customers 10000"
ARGS ?=
PYTHON ?=
export PYTHON

BIN := .venv/bin
READY := .venv/.ready

# The environment remembers the path it was made for: a clone that was moved gets a new one,
# because the scripts inside it name the old path.
ifneq ($(shell cat $(READY) 2>/dev/null),$(CURDIR))
$(shell rm -f $(READY))
endif

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(READY) ## create .venv with pinned dependencies and the command .venv/bin/tanada
	@:

$(READY): requirements-dev.lock pyproject.toml
	@[ "$$($(BIN)/python -c 'import sys; print(sys.prefix)' 2>/dev/null)" = "$(CURDIR)/.venv" ] \
		|| .ci/create_venv
	@echo "setup: installing pinned dependencies (their hashes are checked)"
	@log=.venv/setup.log; \
	{ $(BIN)/python -m pip install --disable-pip-version-check --no-input \
		--require-hashes -r requirements-dev.lock && \
	$(BIN)/python -m pip install --disable-pip-version-check --no-input \
		--no-deps --no-build-isolation --editable . ; } > $$log 2>&1 \
		|| { tail -n 25 $$log >&2; echo "setup: failed; the whole log is $$log" >&2; exit 1; }
	@printf '%s' "$(CURDIR)" > $(READY)
	@echo "setup: done; the command is $(BIN)/tanada"

.PHONY: run
run: setup ## start the bank: PostgreSQL, compartments, ATM gateway, console (ARGS=... is passed on)
	@exec $(BIN)/tanada up $(ARGS)

.PHONY: test
test: setup chromium check ## everything that must hold before a commit is merged
	@echo "test: pytest, $(WORKERS) processes"
	@$(BIN)/pytest -q -n $(WORKERS) --ignore tests/test_tidy.py --ignore tests/test_docs.py $(ARGS)

.PHONY: check
check: setup ## format, lint, types, import ladder, tidiness and documents
	@echo "check: format"; $(BIN)/ruff format --check --quiet . \
		|| { echo "check: run 'make format'" >&2; exit 1; }
	@echo "check: lint"; $(BIN)/ruff check --quiet .
	@echo "check: types"; $(BIN)/mypy --no-error-summary
	@echo "check: imports"; $(BIN)/lint-imports --no-logo > .venv/imports.log \
		|| { cat .venv/imports.log >&2; exit 1; }
	@echo "check: tidiness and documents"; $(BIN)/pytest -q tests/test_tidy.py tests/test_docs.py

.PHONY: format
format: setup ## put the code into form
	@$(BIN)/ruff check --quiet --fix-only . && $(BIN)/ruff format --quiet .

.PHONY: bench
bench: setup ## measure the targets on this machine; writes JSON and an SVG
	@$(BIN)/python -m benchmarks $(ARGS)

.PHONY: chromium
chromium: ## install Chromium for the browser tests, where that is allowed
	@.ci/install_chromium

.PHONY: docs
docs: setup ## write the documents that are tables of what the code says
	@$(BIN)/python -m tests.error_table

.PHONY: lock
lock: ## renew the pinned versions; needs uv on the PATH
	@command -v uv > /dev/null || { echo "lock: install uv first" >&2; exit 1; }
	@compile="uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-emit-index-url --no-emit-find-links --no-header --no-annotate pyproject.toml"; \
	$$compile --output-file requirements.lock; \
	$$compile --group dev --constraints requirements.lock --output-file requirements-dev.lock

.PHONY: clean
clean: ## remove what set-up, tests and tools made; a bank's data stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
	@find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "clean: done"
