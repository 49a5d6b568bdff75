# `make` alone lists what there is. Everything runs from .venv, which comes from the hash-locked requirements.lock.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
export PYTHONSAFEPATH := 1

.PHONY: help demo stack test lint grafana format bench fuzz soak conformance clean lock debian-packages

help: ## list the targets
	@grep -hE '^[a-z.-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z.-]+):.*## /\1|/' | awk -F'|' '{printf "  make %-16s %s\n", $$1, $$2}'

.venv: .venv/installed ## create .venv with everything in it, npsp-monitor too

.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	@# --no-deps: the lock is whole, and a resolver of pip's that meets a newer release of coverage[toml] gives up over it
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m pip check --disable-pip-version-check
	@touch $@

demo: .venv/installed ## the emulated estate and the monitor on it, till Ctrl-C
	@exec $(BIN)/npsp-monitor demo

stack: .venv/installed ## the demo with Prometheus, Alertmanager and a made-up mailbox around it (and Grafana, where it is), till Ctrl-C; QUICK=1: seconds instead of minutes
	@exec $(BIN)/python .ci/stack $(if $(QUICK),--quick)

test: .venv/installed debian-packages lint ## lint, types and all tests
	@# worksteal: each process has a half of its own, so that what a module sets up is not set up twice, nor waited for
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-fail-under=95 -q

lint: .venv/installed ## ruff, mypy, and whether the dashboards are what their source gives
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy .ci/grafana
	MYPYPATH=.ci $(BIN)/mypy -p stack
	$(BIN)/python .ci/grafana --check

grafana: .venv/installed ## write grafana/dashboards from .ci/grafana
	$(BIN)/python .ci/grafana

format: .venv/installed ## rewrite the source as ruff wants it
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format --quiet .

bench: .venv/installed debian-packages ## measure; prints the figures and writes them to bench/RESULTS.md
	$(BIN)/python bench/everything.py

conformance: .venv/installed debian-packages ## hold /probe against a real blackbox_exporter; writes docs/conformance.md
	$(BIN)/python bench/conformance.py

SECONDS ?= 60

fuzz: .venv/installed ## feed the parsers what no one thinks of, for SECONDS=60
	$(BIN)/python bench/fuzz.py --seconds $(SECONDS)

soak: .venv/installed ## 100,000 looks that end in every way, and what is left of them
	$(BIN)/python bench/soak.py

lock: ## resolve the dependencies anew (needs uv)
	uv pip compile pyproject.toml --group dev --extra fast --extra chat --extra postgres --universal --python-version 3.11 --generate-hashes --no-header --quiet -o requirements.lock

debian-packages: ## real counterparts of the tests: Prometheus, Alertmanager, VictoriaMetrics, blackbox_exporter, nginx, OpenSMTPD, OpenSSL, systemd, Chromium; through apt where it may
	@sh tests/debian-packages.sh

clean: ## remove what the other targets made
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.* htmlcov dist build
	find . -name __pycache__ -prune -exec rm -rf {} +
