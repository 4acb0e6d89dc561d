# `make` lists the targets. Everything is made in .venv; what Debian lacks is installed on the way.
PYTHON ?= python3
SCHEDULES ?= 1000
EXAMPLES ?= 3000
BIN := .venv/bin
INSTALLED := .venv/installed
HEROKU_CLI := .conformance/node_modules/heroku/package.json
HEROKU_CLI_VERSION := 11.10.0
BENCHMARKS := bench-startup bench-journal bench-growth bench-poll bench-counters bench-eager bench-calls \
	bench-strategies bench-carry bench-fleet bench-drain-dynos bench-verdict bench-restarts bench-connections \
	bench-message-rate
# Runs a benchmark and keeps what it finds in benchmarks/RESULTS.md.
MEASURE = $(BIN)/python benchmarks/results.py $@
export PYTHON
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Where this is set, each of the tests' hundreds of processes compiles the program anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo-setup test-setup conformance-setup demo test test-real test-rest test-unit test-contract test-crash \
	test-e2e model matrix fleet-matrix conformance bench $(BENCHMARKS) lint format clean

help: ## List the targets.
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target sentence; do \
		printf '  %-15s %s\n' "$$target" "$$sentence"; done

demo: demo-setup ## Move a demo app under traffic to another plan, in a local sandbox, and count its tasks.
	$(BIN)/migrate-plan --to bunny --sandbox

# Both kinds at a time, for those with real processes wait for more than a third of theirs; the others give way to them.
# What the others say is held back until they are done. Those with real processes are taken in the order of their
# folders, or the few that take longest would come last, one after the other.
test: test-setup ## Run all tests.
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target test-real test-rest

test-real: test-setup
	$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder --ignore tests/contract/store tests/e2e tests/contract

test-rest: setup
	nice -n 19 $(BIN)/pytest -n 2 --dist loadfile tests/unit tests/crash tests/contract/store

test-unit: setup ## Run the tests that need nothing but Python.
	$(BIN)/pytest tests/unit

test-contract: test-setup ## Run the tests against a real RabbitMQ and a real PostgreSQL.
	$(BIN)/pytest tests/contract

test-crash: test-setup ## Run the tests that kill the program and resume it.
	$(BIN)/pytest tests/crash

test-e2e: test-setup ## Run the whole program with real dynos and real Celery workers.
	$(BIN)/pytest tests/e2e

fleet-matrix: test-setup ## Kill Celery workers and PostgreSQL connections while a fleet of FLEET_OF=50 is moved; takes half an hour, 10 GB.
	$(BIN)/pytest -s --timeout 3600 tests/matrix/test_fleet_of_fifty.py tests/matrix/test_fleet_of_sandboxed_apps.py

model: setup ## Walk EXAMPLES=3000 random courses of processes, deaths and strangers; takes minutes.
	MODEL_EXAMPLES=$(EXAMPLES) $(BIN)/pytest --timeout 3600 tests/crash/test_model.py

matrix: test-setup ## Kill real migrations of each strategy at every point, and lead them back; takes an hour.
	$(BIN)/pytest --timeout 1800 --ignore-glob "tests/matrix/test_fleet*" tests/matrix

# The quick ones first. One that misses its aim does not keep the others from being run.
bench: ## Run every benchmark, one after the other; takes two hours.
	@missed=; for target in $(BENCHMARKS); do $(MAKE) $$target || missed="$$missed $$target"; done; \
		[ -z "$$missed" ] || { echo "missed an aim, or broke off:$$missed"; exit 1; }

bench-startup: conformance-setup $(HEROKU_CLI) ## Measure how fast the commands answer, beside the Heroku CLI's.
	PYTHONPATH=tests $(MEASURE) benchmarks/startup.py

bench-eager: test-setup ## Measure how long apps are eager, beside the least that it takes; takes 15 minutes.
	PYTHONPATH=tests $(MEASURE) benchmarks/eager_window.py $(STRATEGIES)

bench-calls: test-setup ## Count the calls of Heroku's API that each strategy takes, and a minute of waiting.
	PYTHONPATH=tests $(MEASURE) benchmarks/heroku_calls.py $(STRATEGIES)

bench-growth: test-setup ## Measure the store and a resumption after 10,000 events, and the memory of a long drain.
	PYTHONPATH=tests $(MEASURE) benchmarks/growth.py

bench-journal: test-setup ## Measure what checkpoints and record cost, in SQLite and in PostgreSQL.
	PYTHONPATH=tests $(MEASURE) benchmarks/journal.py

bench-verdict: test-setup ## Judge SCHEDULES=1000 random schedules on a real RabbitMQ, by the verdict and by other means.
	PYTHONPATH=tests:tests/contract/clients $(MEASURE) benchmarks/verdict.py $(SCHEDULES)

bench-restarts: test-setup ## Restart busy workers RELEASES=200 times with quiesce and without, and count lost tasks.
	PYTHONPATH=tests:tests/contract/clients $(MEASURE) benchmarks/restarts.py $(RELEASES)

bench-poll: test-setup ## Measure what a look costs a broker with 10, 1,000 and 10,000 queues.
	PYTHONPATH=tests:tests/contract/clients $(MEASURE) benchmarks/poll.py

bench-counters: test-setup ## Measure how late a broker's counters are, and what reading them costs.
	PYTHONPATH=tests:tests/contract/clients $(MEASURE) benchmarks/counters.py

bench-drain-dynos: test-setup ## Move a full queue with eager workers and with drain dynos: what each loses.
	PYTHONPATH=tests $(MEASURE) benchmarks/drain_dynos.py $(CANVASES)

bench-carry: test-setup ## Measure carrying tasks over, beside a shovel and `celery migrate`; takes minutes.
	PYTHONPATH=tests:tests/contract/clients $(MEASURE) benchmarks/carry.py

bench-strategies: test-setup ## Move a demo app under traffic by every strategy (or STRATEGIES="bridge ...") and compare them.
	$(MEASURE) benchmarks/strategies.py $(STRATEGIES)

bench-connections: test-setup ## Count what real web processes and workers open to a broker, beside the formula; takes minutes.
	PYTHONPATH=tests:tests/contract/clients $(MEASURE) benchmarks/connections.py

bench-fleet: test-setup ## Move 1, 10, 100 and 500 apps (or APPS="1 10") by threads and by Celery workers; takes 25 minutes.
	PYTHONPATH=tests $(MEASURE) benchmarks/fleet_scaling.py $(APPS)

bench-message-rate: test-setup ## Measure how many messages idle Celery workers cost, by their flags; takes 20 minutes.
	PYTHONPATH=tests:tests/contract/clients $(MEASURE) benchmarks/message_rate.py

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
