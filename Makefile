# Every command of the project, each with its one line; they call tools and hold no logic.

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
FAST := not integration and not hostile and not evaluation and not browser
# Fast tests often wait for processes and disks: more of them than there are cores run at a time.
FAST_WORKERS = $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 2) * 3 // 2)")
LOCK := UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-strip-extras --python-version 3.11

# A machine may forbid Python to keep what it compiles; every process would then compile all that it imports again.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help install install-dev up down status test evaluate train attack check format bench neo4j docs lock clean

help:  ## List the commands.
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "make %-12s %s\n", $$1, $$2 }'

install:  ## Install what the lock names into .venv; quick when that is done.
	@$(PYTHON) scripts/bootstrap.py

install-dev:  ## The same with what tests and checks need.
	@$(PYTHON) scripts/bootstrap.py --dev

up: install  ## Install, start every part, ingest the samples, print where to look. ARGS=--no-samples starts only.
	@$(BIN)/fathom up $(ARGS)

down:  ## Stop every part; no process is left.
	@if [ -x $(BIN)/fathom ]; then $(BIN)/fathom down; else echo "Nothing is installed, so nothing runs."; fi

status:  ## Show each part: pid, port, health, version.
	@$(BIN)/fathom status

test: install-dev  ## Run every test that can run here; skips say why. ARGS="-k chunk" chooses.
	@echo "Left out: what only measures quality on real documents; that is make evaluate."
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m "not evaluation" $(ARGS)

evaluate: install-dev  ## Measure quality on generated and real documents; a table a set.
	@$(BIN)/python -m pytest -m evaluation -s $(ARGS)

train: install-dev  ## Learn from Re-DocRED dev the weights for types of names and for pairs of them; a table, the seed and the digest.
	@$(BIN)/python -m tests.evaluation.train_entity_types --write
	@$(BIN)/python -m tests.evaluation.train_pair_model --write

attack: install-dev  ## Attack servers of its own: writes as a reader, odd requests, faults of parts. ARGS="writes --attempts 1000" chooses.
	@$(BIN)/python -m tests.attack $(ARGS)

check: install-dev  ## Format, lint, types, import layers, names and the fast tests; changes nothing.
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python scripts/prose_lint.py
	@$(BIN)/python -m pytest -q -n $(FAST_WORKERS) --dist worksteal -m "$(FAST)" $(ARGS)

format: install-dev  ## Format the code and mend what the linter can.
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: install-dev  ## Measure what issue after issue must keep fast; a table, and JSON beside it.
	@$(BIN)/python -m benchmarks $(ARGS)

neo4j:  ## Fetch the Neo4j server that tests run against (needs Java and Maven). ARGS=start runs one, ARGS=stop ends it.
	@$(PYTHON) scripts/neo4j_server.py $(or $(ARGS),fetch)

docs: install-dev  ## Write the documentation that is generated from the code.
	@$(BIN)/python scripts/generate_docs.py

lock: install-dev  ## Resolve the dependencies of pyproject.toml anew into the lock files.
	@echo uv | $(LOCK) --output-file requirements-bootstrap.lock -
	@$(LOCK) --output-file requirements.lock pyproject.toml
	@$(LOCK) --output-file requirements-dev.lock --extra dev --constraints requirements.lock pyproject.toml

clean:  ## Remove what was built and cached; the home, with its data, stays.
	@rm -rf build .venv .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis *.egg-info
