# `make` lists the targets. Everything is made in .venv; what Debian lacks is installed on the way.
PYTHON ?= python3
SCHEDULES ?= 1000
BIN := .venv/bin
INSTALLED := .venv/installed
HEROKU_CLI := .conformance/node_modules/heroku/package.json
HEROKU_CLI_VERSION := 11.10.0
export PYTHON
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo-setup test-setup conformance-setup demo test test-unit test-contract test-crash test-e2e \
	matrix conformance bench-journal bench-verdict bench-poll bench-counters bench-restarts bench-drain-dynos bench-carry \
	bench-strategies bench-connections bench-message-rate \
	lint format clean

help: ## List the targets.
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target sentence; do \
		printf '  %-15s %s\n' "$$target" "$$sentence"; done

demo: demo-setup ## Move a demo app under traffic to another plan, in a local sandbox, and count its tasks.
	$(BIN)/migrate-plan --to bunny --sandbox

# Several files at a time: more than half of the time of those with real processes is waiting for them.
test: test-setup ## Run all tests.
	$(BIN)/pytest -n 2 --dist loadfile tests/unit tests/crash tests/contract/store
	$(BIN)/pytest -n 3 --dist loadfile --ignore tests/contract/store tests/e2e tests/contract

test-unit: setup ## Run the tests that need nothing but Python.
	$(BIN)/pytest tests/unit

test-contract: test-setup ## Run the tests against a real RabbitMQ and a real PostgreSQL.
	$(BIN)/pytest tests/contract

test-crash: test-setup ## Run the tests that kill the program and resume it.
	$(BIN)/pytest tests/crash

test-e2e: test-setup ## Run the whole program with real dynos and real Celery workers.
	$(BIN)/pytest tests/e2e

matrix: test-setup ## Kill real migrations of each strategy at every point, and lead them back; takes an hour.
	$(BIN)/pytest --timeout 1800 tests/matrix

bench-journal: test-setup ## Measure what checkpoints and record cost, in SQLite and in PostgreSQL.
	PYTHONPATH=tests $(BIN)/python benchmarks/journal.py

bench-verdict: test-setup ## Judge SCHEDULES=1000 random schedules on a real RabbitMQ, by the verdict and by other means.
	PYTHONPATH=tests:tests/contract/clients $(BIN)/python benchmarks/verdict.py $(SCHEDULES)

bench-restarts: test-setup ## Restart busy workers RELEASES=200 times with quiesce and without, and count lost tasks.
	PYTHONPATH=tests:tests/contract/clients $(BIN)/python benchmarks/restarts.py $(RELEASES)

bench-poll: test-setup ## Measure what a look costs a broker with 10, 1,000 and 10,000 queues.
	PYTHONPATH=tests:tests/contract/clients $(BIN)/python benchmarks/poll.py

bench-counters: test-setup ## Measure how late a broker's counters are, and what reading them costs.
	PYTHONPATH=tests:tests/contract/clients $(BIN)/python benchmarks/counters.py

bench-drain-dynos: test-setup ## Move a full queue with eager workers and with drain dynos: what each loses.
	PYTHONPATH=tests $(BIN)/python benchmarks/drain_dynos.py $(CANVASES)

bench-carry: test-setup ## Measure carrying tasks over, beside a shovel and `celery migrate`; takes minutes.
	PYTHONPATH=tests:tests/contract/clients $(BIN)/python benchmarks/carry.py

bench-strategies: test-setup ## Move a demo app under traffic by every strategy (or STRATEGIES="bridge ...") and compare them.
	$(BIN)/python benchmarks/strategies.py $(STRATEGIES)

bench-connections: test-setup ## Count what real web processes and workers open to a broker, beside the formula; takes minutes.
	PYTHONPATH=tests:tests/contract/clients $(BIN)/python benchmarks/connections.py

bench-message-rate: test-setup ## Measure how many messages idle Celery workers cost, by their flags; takes 20 minutes.
	PYTHONPATH=tests:tests/contract/clients $(BIN)/python benchmarks/message_rate.py

screens: demo-setup ## Draw docs/screens anew: what a terminal shows; takes four minutes, needs tmux.
	scripts/screens

# HEROKU_SCHEMA=FILE names a copy of https://api.heroku.com/schema, which has no licence to be kept here.
conformance: conformance-setup $(HEROKU_CLI) ## Let the real Heroku CLI and other judges at the sandbox; takes minutes, HEROKU_SCHEMA=FILE adds its schema.
	$(BIN)/pytest --timeout 900 tests/conformance

lint: setup ## Check style, types and the direction of imports.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## Put the code in order as far as ruff can.
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

setup: $(INSTALLED)

demo-setup: $(INSTALLED)
	@scripts/system-packages demo

test-setup: $(INSTALLED)
	@scripts/system-packages test

conformance-setup: $(INSTALLED)
	@scripts/system-packages conformance

$(BIN)/pip:
	@scripts/system-packages python
	$(PYTHON) -m venv --clear .venv

$(INSTALLED): pyproject.toml constraints.txt | $(BIN)/pip
	$(BIN)/pip install --quiet --no-input -c constraints.txt -e '.[sandbox,postgres,dev]'
	@touch $@

$(HEROKU_CLI): | conformance-setup
	npm install --prefix .conformance --no-save --no-package-lock --no-audit --no-fund --ignore-scripts \
		--loglevel error heroku@$(HEROKU_CLI_VERSION)

clean: ## Remove everything that the other targets made here.
	rm -rf .venv .conformance .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
