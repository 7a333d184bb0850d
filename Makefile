# Each target sets up what it needs in .venv and is quick when nothing changed. Nothing is installed outside this folder.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
SQL_READY := .venv-sql/.ready
SQL := dbt_project/models dbt_project/tests dbt_project/macros
# sqlfmt takes // for a comment and would swallow the rest of the line.
NO_SLASHES = @if grep -rn --include='*.sql' '//' $(SQL); then echo "write divide(a, b) for a // b"; exit 1; fi

.PHONY: setup demo test test-long bench-api bench-ingest bench-warehouse bench-models check format dev serve clean

setup: $(READY)

$(READY): requirements/uv.txt requirements/lock.txt pyproject.toml
	@echo "setting up .venv"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements/lock.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(SQL_READY): requirements/sql.txt $(READY)
	@echo "setting up .venv-sql"
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv-sql
	@$(BIN)/uv pip sync --quiet --python .venv-sql/bin/python --require-hashes requirements/sql.txt
	@touch $@

demo: $(READY)
	@$(BIN)/revhouse demo

# Tests start some hundred processes, each of which would compile the project again where bytecode is not kept.
test test-long: export PYTHONDONTWRITEBYTECODE =

test: $(READY)
	@$(BIN)/pytest -q -n 2 --dist loadscope --no-loadscope-reorder -m "not long"

test-long: $(READY)
	@$(BIN)/pytest -q -n 2 --dist loadscope --no-loadscope-reorder -m long tests/unit tests/integration tests/orchestration tests/warehouse tests/corpus
	@$(BIN)/pytest -q -m long tests/e2e tests/storm tests/fuzz

bench-api: $(READY)
	@$(BIN)/python -m tests.bench.bench_api

bench-ingest: $(READY)
	@$(BIN)/python -m tests.bench.bench_ingest

bench-warehouse: $(READY)
	@$(BIN)/python -m tests.bench.bench_warehouse

bench-models: $(READY)
	@OMP_NUM_THREADS=1 $(BIN)/python -m tests.bench.bench_models

check: $(READY) $(SQL_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(NO_SLASHES)
	.venv-sql/bin/sqlfmt --check --no-progressbar $(SQL)
	.venv-sql/bin/sqlfluff lint --disable-progress-bar --processes 2 dbt_project/models dbt_project/tests
	$(BIN)/python -m orchestration.dbt_check

format: $(READY) $(SQL_READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(NO_SLASHES)
	.venv-sql/bin/sqlfmt --quiet $(SQL)

dev: $(READY)
	@$(BIN)/revhouse dev

serve: $(READY)
	@$(BIN)/revhouse serve

clean:
	rm -rf .venv .venv-sql .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
