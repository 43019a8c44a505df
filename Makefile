# All commands of this project. `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin
SETUP := .venv/.setup

# pip and uv carry certificates of their own; behind a company's proxy only those of the machine are right.
CERTIFICATES := $(wildcard /etc/ssl/certs/ca-certificates.crt)
ifneq ($(CERTIFICATES),)
export PIP_CERT ?= $(CERTIFICATES)
export UV_SYSTEM_CERTS ?= 1
export NODE_EXTRA_CA_CERTS ?= $(CERTIFICATES)
endif
# Use the chosen Python, never one that uv downloads.
export UV_PYTHON_DOWNLOADS := never

.DEFAULT_GOAL := help
.PHONY: help setup demo up down check test test-tls bench bench-rules bench-growth bench-search bench-export bench-omission bench-readers contracts rules prove-cluster prove-pipeline prove-rules prove-retention prove-restore prove-notifications prove-bad-day prove-strangers prove-security prove-rest prove-files prove-institutions prove-portal prove-upgrade texts pictures check-deploy \
	mutate clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(SETUP) ## Create .venv with everything that uv.lock names

# uv itself is one of the locked dependencies, so that `uv sync` keeps it.
$(SETUP): pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; make PYTHON=/path/to/python3.11 setup" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python's venv module is missing; as root, run: apt-get install -y python3-venv" >&2; exit 1; }
	@test -x $(BIN)/uv || { echo "creating .venv …"; $(PYTHON) -m venv --clear .venv && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		"uv==$$(sed -n '/^name = "uv"$$/{n;s/version = "\(.*\)"/\1/p;}' uv.lock)"; }
	@echo "installing the dependencies …"
	@$(BIN)/uv sync --locked --quiet
	@touch $@

demo: $(SETUP) ## Start a stack, play the demonstration through every channel, show the results, stop
	@$(BIN)/python -m deploy.local.demo

up: $(SETUP) ## Start the local stack and the sandbox (KEEP=1 keeps the data of the last one, SANDBOX=0 leaves the sandbox out, TLS=1 uses TLS only)
	@$(BIN)/python -m deploy.local up

down: $(SETUP) ## Stop the local stack and delete its data (KEEP=1 keeps them)
	@$(BIN)/python -m deploy.local down

check: $(SETUP) ## Lint, types, layers, and the tests that need no stack
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q -n 2 --dist loadscope tests/unit tests/contracts

check-deploy: $(SETUP) ## Validate image, compose, chart and units with planted mistakes, and run the image's steps (as root; 10 minutes; ONLY=chart)
	@$(BIN)/python -m deploy.check $(if $(ONLY),--only "$(ONLY)")

# Two processes share the suite, each with a stack of its own, because they wait most of the time.
test: $(SETUP) ## The whole suite, against stacks of its own
	$(BIN)/pytest -q -n 2 --dist loadscope --no-loadscope-reorder

test-tls: $(SETUP) ## The end-to-end suite and the tests of TLS, on a stack whose broker, database and APIs accept TLS only
	TLS=1 $(BIN)/pytest -q tests/end_to_end tests/integration/test_tls.py

.PHONY: test-matrix
test-matrix: $(SETUP) ## The suite against RabbitMQ 3.10 and 4, Python 3.11 and 3.13, PostgreSQL 15 to 18, in trees of Debian (as root; long; ONLY=bookworm-15, TESTS=tests/unit)
	@$(BIN)/python -m tests.matrix $(if $(ONLY),--only $(ONLY)) $(if $(TESTS),--tests $(TESTS))

.PHONY: prove-move
prove-move: $(SETUP) ## Prove that a move of all messages from RabbitMQ 3.10 to 4 loses and doubles nothing (as root; 3 minutes)
	@$(BIN)/python -m tests.prove.move

rules: $(SETUP) ## Which of the 201 anomalies are implemented, and the tests that show it
	@$(BIN)/python -m tests.rules

bench: $(SETUP) ## Measure the pipeline against its peers; figures in .run/bench.json, chart in docs/images
	@$(BIN)/python -m tests.bench

bench-rules: $(SETUP) ## Measure the rules: at most 150 microseconds per declaration for admit and settle together
	@$(BIN)/python -m tests.bench.rules

prove-pipeline: $(SETUP) ## Prove order, no loss under SIGKILL and the feed at full size (about 8 minutes)
	@$(BIN)/python -m tests.prove

prove-cluster: $(SETUP) ## Prove no loss on three RabbitMQ nodes with one killed, and with several processes (about 6 minutes)
	@$(BIN)/python -m tests.prove.cluster

prove-bad-day: $(SETUP) ## Prove that ten bad days lose, double and park nothing, and are noticed (20 minutes; ONLY=switch for one)
	@$(BIN)/python -m tests.prove.bad_day $(if $(ONLY),--only "$(ONLY)")

.PHONY: drill
drill: $(SETUP) ## Find and repair three faults that are not known beforehand, with the docs alone (a stack of its own in .run/drill)
	@$(BIN)/python -m tests.prove.drill

prove-rules: $(SETUP) ## Prove that 20,000 racing declarations miss no quota and leave no overlap (about 3 minutes)
	@$(BIN)/python -m tests.prove.quotas

prove-retention: $(SETUP) ## Prove that 10,000 random sequences settle as before after the removal of ended relations (minutes)
	@$(BIN)/python -m tests.prove.retention

prove-restore: $(SETUP) ## Prove a restore to 30 seconds ago under load, with the broker newer and older than the database (about 6 minutes)
	@$(BIN)/python -m tests.prove.restore $(if $(ONLY),--only "$(ONLY)")

prove-strangers: $(SETUP) ## Prove that connections without a token use up no process (about 4 minutes)
	@$(BIN)/python -m tests.prove.strangers

prove-security: $(SETUP) ## Prove that no stranger and no input gets more than a refusal, at every API and the queue (about 15 minutes)
	@$(BIN)/python -m tests.prove.security

prove-rest: $(SETUP) ## Prove that every answer of every API is as its contract says: 500 requests to each operation (about 20 minutes)
	@$(BIN)/python -m tests.prove.rest

prove-files: $(SETUP) ## Prove that a file of 100,000 forms loses and doubles nothing and delays no other declaration (up to half an hour)
	@$(BIN)/python -m tests.prove.files

prove-institutions: $(SETUP) ## Prove what institutions get: 1,000,000 inscriptions, no foreign number, a snapshot of 10,000,000 periods with its tail (about 20 minutes, 12 GB of disk)
	@$(BIN)/python -m tests.prove.institutions

prove-upgrade: $(SETUP) ## Prove that an upgrade and its roll-back under 50 declarations per second lose and double nothing (about 6 minutes; FROM=commit)
	@$(BIN)/python -m tests.prove.upgrade $(if $(FROM),--from "$(FROM)")

.PHONY: prove-views
prove-views: $(SETUP) ## Prove that every panel, rule and alert is computed while 500 declarations of every kind pass (about 8 minutes)
	@$(BIN)/python -m tests.prove.views

.PHONY: prove-year
prove-year: $(SETUP) ## Prove that a year on the test clock loses nothing, drops partitions and bounds tables with a term (about 15 minutes)
	@$(BIN)/python -m tests.prove.year

prove-portal: $(SETUP) ## Play every function of the portal in Chromium, in four languages, and take its pictures (about 25 minutes)
	@$(BIN)/python -m tests.prove.portal

prove-notifications: $(SETUP) ## Prove that 1,000 notifications in four languages can be read (seconds)
	@$(BIN)/python -m tests.prove.notifications

mutate: $(SETUP) ## Plant mistakes in the rules and list those that no unit test notices (ONLY=path for one module; long)
	@nice -n 15 $(BIN)/python -m tests.mutate $(if $(ONLY),--only $(ONLY)) $(if $(AGAIN),--again) $(if $(WORKERS),--workers $(WORKERS))

texts: $(SETUP) ## Update the catalogs of the texts of notifications; then translate the new texts
	@$(BIN)/python -m tests.texts

pictures: $(SETUP) ## Take the pictures in docs/images; needs Debian's chromium and fonts-liberation
	@$(BIN)/python -m tests.prove.pictures

bench-growth: $(SETUP) ## Measure cost and latency up to ten million periods (an hour; SIZES=10000 BACKLOGS=1000 is short)
	@$(BIN)/python -m tests.bench.growth

bench-search: $(SETUP) ## Measure searches up to ten million periods (half an hour; SIZES=1000000 is short)
	@$(BIN)/python -m tests.bench.search

bench-omission: $(SETUP) ## Judge a million worked days against ten million periods (SIZE=1000000 DAYS=100000 is short)
	@$(BIN)/python -m tests.bench.omission

bench-readers: $(SETUP) ## Measure settling without readers of the feed and with forty of them (about 3 minutes)
	@$(BIN)/python -m tests.bench.readers

bench-export: $(SETUP) ## Measure exports of a million periods: rows per second, and memory (ROWS=100000 is short)
	@$(BIN)/python -m tests.bench.export

.PHONY: bench-sizing
bench-sizing: $(SETUP) ## Measure CPU, disk, log, connections and memory per declaration and process, for docs/sizing.md (3 minutes)
	@$(BIN)/python -m tests.bench.sizing

.PHONY: bench-portal
bench-portal: $(SETUP) ## Measure the pages of the personnel file of an employer with 100,000 workers
	@$(BIN)/python -m tests.bench.portal

contracts: $(SETUP) ## Write the generated files of contracts and deployment
	@$(BIN)/python -m tests.contracts.freeze
	@$(BIN)/python -m deploy.generated

clean: ## Stop the stack; delete .run, .venv and all caches of the checkout
	@test ! -x $(BIN)/python || $(BIN)/python -m deploy.local down
	rm -rf .run .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
