# Two commands do everything on a machine with Python 3.11.5 or later, or 3.12, git and make: `make demo` and `make test`.
# Each sets itself up at its first run; a second run installs nothing.

PYTHON := .venv/bin/python
DEMO_FLAGS := $(if $(QUICK),--quick)

.DEFAULT_GOAL := help
.PHONY: help setup test demo check format lock clean fuzz sim chaos
.PHONY: bench-pipeline bench-router bench-engine bench-restore bench-soak bench-curation

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make .venv from the lock (TORCH_INDEX=… takes PyTorch from another index; PYTHON3=… another Python)
	@python=$$(PYTHON="$(PYTHON3)" sh infra/requirements/preflight.sh) && "$$python" infra/requirements/set_up.py

test: setup ## every rung of the ladder, with its budget (RUNG=servers runs one)
	@$(PYTHON) -m tests.run $(RUNG)

demo: setup ## the whole loop on embedded real servers (QUICK=1: one specialist at its first ramp stage)
	@$(PYTHON) -m infra.demo $(DEMO_FLAGS)

check: setup ## lint, format, types, import rules
	@$(PYTHON) -m tests.run check

format: setup ## write the format and the fixes that are safe
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

lock: setup ## write requirements.lock again (UPGRADE=1: newest versions)
	@$(PYTHON) -m infra.requirements.lock $(if $(UPGRADE),--upgrade)

bench-pipeline: setup ## raw → clustered: records/s, p50 and p99 latency
	@$(PYTHON) -m tests.bench.pipeline

bench-router: setup ## the router's own cost per call
	@$(PYTHON) -m tests.bench.router

bench-engine: setup ## the engine beside a bare client loop, quix-streams and faust: records/s, latency (about 15 minutes)
	@$(PYTHON) -m tests.bench.engine

bench-restore: setup ## how long a task's state takes to come back from its changelogs
	@$(PYTHON) -m tests.bench.engine --part restore

bench-soak: setup ## the engine's memory under steady work (MINUTES=10)
	@$(PYTHON) -m tests.bench.engine --part soak --minutes $(or $(MINUTES),10)

bench-curation: setup ## redaction, repeats and task discovery at their goals, beside peers (DATA=folder of public data)
	@test -d "$(DATA)" || { echo "name the folder of public data: make bench-curation DATA=folder" >&2; exit 2; }
	@missed=0; \
	$(PYTHON) -m tests.bench.curation.redaction $(DATA) write || missed=1; \
	$(PYTHON) -m tests.bench.curation.dedupe --data $(DATA) || missed=1; \
	$(PYTHON) -m tests.bench.curation.cluster $(DATA) || missed=1; \
	exit $$missed

sim: setup ## the long simulation: thousands of seeds, planted bugs, long properties (SEEDS=100000 for a night)
	@$(PYTHON) -m tests.simulation $(if $(SEEDS),--seeds $(SEEDS)) && $(PYTHON) -m tests.run sim

chaos: setup ## the long fault rows
	@$(PYTHON) -m tests.run chaos

fuzz: setup ## a million hostile payloads through every codec (COUNT=…, STATE=… repeats a run)
	@$(PYTHON) -m tests.fuzz.decoding $(if $(COUNT),--count $(COUNT)) $(if $(STATE),--random-state $(STATE))

clean: ## remove caches and reports; the environment and the stack's data stay (flywheel reset, rm -r .venv)
	@rm -rf .mypy_cache .ruff_cache .hypothesis .pytest_cache dist report
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
