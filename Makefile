# Every command of the project. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help run test parity chaos simulate lint format bench screenshots lock clean

# Several processes import the same thousand modules: compile them once.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
DAYS ?= 90
SERVE ?= 1
PORT ?= 3000
BIN := .venv/bin
INSTALLED := .venv/.installed
BIGQUERY_TESTS := marketing_assets_tests/bigquery
CHAOS_TESTS := marketing_assets_tests/daemon

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(INSTALLED): requirements.lock pyproject.toml setup.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@command -v uv >/dev/null || test -x .uv/bin/uv || { $(PYTHON) -m venv .uv && .uv/bin/pip install --quiet uv; }
	@uv=$$(command -v uv || echo .uv/bin/uv); \
	  $$uv venv --quiet --clear --python "$$(command -v $(PYTHON))" .venv && \
	  $$uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock && \
	  $$uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

run: $(INSTALLED) ## Fill the demo tenants and serve the UI (DAYS=90, PORT=3000; SERVE=0 ends after the job)
	@$(BIN)/marketing demo --days $(DAYS) --port $(PORT) $(if $(filter 0,$(SERVE)),--no-serve,--serve)

test: $(INSTALLED) ## Run all tests but those on BigQuery and those that kill the daemon
	@echo "Left out: the tests on BigQuery ($(BIGQUERY_TESTS)); make parity runs them"
	@echo "Left out: the tests that kill daemon and receiver at random ($(CHAOS_TESTS)); make chaos runs them"
	@$(BIN)/pytest -n 3 --dist loadgroup --ignore $(BIGQUERY_TESTS) --ignore $(CHAOS_TESTS)

# Three at once on two cores, because one of them often waits. The longest groups come first; xdist would put
# those of many tests first.
parity: $(INSTALLED) ## Run the tests on BigQuery: its writer, and that it gives what DuckDB gives
	@$(BIN)/pytest -n 3 --dist loadgroup --no-loadscope-reorder $(BIGQUERY_TESTS)

chaos: $(INSTALLED) ## Kill daemon, receiver and runs at random while orders come in
	@$(BIN)/pytest -s $(CHAOS_TESTS)

simulate: $(INSTALLED) ## Live through a month of two tenants (DAYS=30; docs/simulation.md)
	@DAYS=$(if $(filter file,$(origin DAYS)),30,$(DAYS)) $(BIN)/python -m marketing_assets_tests.month

lint: $(INSTALLED) ## Check format, style, types and SQL
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt

format: $(INSTALLED) ## Format code and SQL
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@$(BIN)/sqlfluff fix --disable-progress-bar dbt

bench: $(INSTALLED) ## Measure throughput, concurrency and memory, as ratios in one run
	@$(BIN)/python -m benchmarks

screenshots: $(INSTALLED) ## Take the pictures in docs/images anew (Chromium on PATH, or CHROMIUM=)
	@$(BIN)/python -m screenshots

COMPILE := pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
  --no-emit-index-url --no-emit-find-links pyproject.toml

lock: ## Resolve the dependencies anew: all of them, and those of the image alone
	@uv=$$(command -v uv || echo .uv/bin/uv); \
	  $$uv $(COMPILE) --extra dev --extra deploy --output-file requirements.lock && \
	  $$uv $(COMPILE) --extra deploy --constraint requirements.lock --output-file deploy/requirements.lock

clean: ## Remove the environment and caches (MARKETING_HOME, data/ by default, stays)
	@rm -rf .venv .venv-bigquery .uv dbt/target dbt/logs .pytest_cache .ruff_cache .mypy_cache .hypothesis build *.egg-info
