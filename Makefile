# Each target works as the first command on a fresh machine: it sets up what it needs.

PYTHON ?= python3
BIN := .venv/bin
# The pinned Node.js comes before the system's: jsii and the CDK CLI run on whichever is first.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

.PHONY: help setup demo fast test check bench soak clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.done node_modules/.done ## install everything that is pinned, and a container engine if there is none
	@scripts/container-engine

.venv/.done: requirements.txt requirements-local.txt requirements-dev.txt constraints.txt pyproject.toml
	@scripts/virtual-environment $(PYTHON) .venv requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv-checkov/.done: requirements-checkov.txt
	@scripts/virtual-environment $(PYTHON) .venv-checkov requirements-checkov.txt
	@touch $@

node_modules/.done: package.json package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js (Debian: apt-get install nodejs npm)" >&2; exit 1; }
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

demo: setup ## run a two-step workflow on the local cloud and show its outputs
	$(BIN)/scar local run examples/hello --put examples/hello/poem.txt --get out
	@tail -n +1 out/hello-bucket/counts/*

fast: .venv/.done node_modules/.done ## run the tests that need no container engine
	$(BIN)/python -m pytest --numprocesses=2 -m "not container"

test: setup ## run the whole test suite, in two processes
	$(BIN)/python -m pytest --numprocesses=2

check: .venv/.done .venv-checkov/.done node_modules/.done ## format, lint, types; cfn-lint, cdk-nag and checkov over the templates; pictures
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy app.py scar_constructs runtime/scar_runtime scripts benchmarks tests
	$(BIN)/python scripts/lint_templates.py
	PYTHONPATH=. $(BIN)/python scripts/audit_templates.py
	PYTHONPATH=. $(BIN)/python scripts/pictures.py --check

bench: setup ## run the benchmarks
	$(BIN)/python -m pytest benchmarks

soak: setup ## run the fault campaign in its long form, and write its table into docs/reliability.md
	PYTHONPATH=runtime $(BIN)/python -m tests.soak --write

clean: ## remove what the other targets made
	rm -rf .venv .venv-checkov node_modules cdk.out out .cache
