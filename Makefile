# Every target does its own set-up: it needs Python 3.11 or newer with pip, and make.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
UV ?= $(shell command -v uv || echo $(BIN)/uv)

PIP_FLAGS := --quiet --disable-pip-version-check --no-input
PIP := $(BIN)/python -m pip $(PIP_FLAGS)

# Three for each core: tests of screens wait two thirds of their time, others for programs. Each
# worker begins in another folder, so that those that wait run beside those that work.
WORKERS ?= $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) * 3 )))
BESIDE := -n $(WORKERS) --maxprocesses 8 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help demo test check pictures lint format bench soak generate screenshots lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/installed ## the bundled incident, on the screen or (without a terminal) as text
	@$(BIN)/triage-tui demo

test: $(VENV)/installed ## every test
	@$(BIN)/python -m pytest -q $(BESIDE)

check: lint pictures ## what lint looks at, the pictures, and the built wheel
	@$(BIN)/python -m pytest -q tests/e2e/test_packaging.py

pictures: $(VENV)/installed ## whether those in screenshots/ are what the demo shows
	@$(BIN)/python screenshots/make.py --check

lint: $(VENV)/installed ## format, lint, types, and who imports whom
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/installed ## put the code in the shape that check asks for
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/installed ## measure the budgets; FULL=1 adds growth to 5 million events, ONLY="live" picks
	@$(BIN)/python -m tests.bench.run $(if $(FULL),--full) $(if $(ONLY),--only $(ONLY))

soak: $(VENV)/installed ## the long runs: properties, the past, a team, a million entities, chaos, a storm of writers, and 20,000 events a second for a minute
	@$(BIN)/python -m pytest -q $(BESIDE) -m hypothesis \
		--hypothesis-profile soak --timeout 3600
	@SOAK=1 $(BIN)/python -m pytest -q --timeout 600 tests/aws/test_aws_history.py \
		tests/aws/test_aws_athena.py
	@$(BIN)/python -m tests.meanwhile --seeds 300
	@IN_EVERY_THEME=1 $(BIN)/python -m pytest -q --timeout 3600 tests/ui/test_dumps.py tests/ui/test_dumps_more.py
	@$(BIN)/python -m tests.crowded --entities 1000000
	@$(BIN)/python -m tests.aws.chaos --events 200000
	@$(BIN)/python -m tests.aws.team --edits 5000
	@$(BIN)/python -m tests.aws.storm --changes 2000
	@$(BIN)/python -m tests.aws.storm --changes 1000 --triggers 2
	@$(BIN)/python -m tests.trigger.emulated_night
	@$(BIN)/python -m tests.aws.rate --rate 20000 --seconds 60
	@$(BIN)/python -m tests.aws.rate --rate 1000 --seconds 60 --quotas

generate: $(VENV)/installed ## write anew what the repository holds of what the code says
	@$(BIN)/python -m tests.generate
	@WRITE_DUMPS=1 $(BIN)/python -m pytest -q tests/ui/test_dumps.py tests/ui/test_dumps_more.py

screenshots: $(VENV)/installed ## draw the pictures in screenshots/ again
	@$(BIN)/python screenshots/make.py

lock: $(VENV)/installed ## resolve the dependencies again, to their newest allowed versions
	@test -x "$(UV)" || $(PIP) install uv >&2
	@$(UV) pip compile pyproject.toml --group dev --upgrade --universal --python-version 3.11 \
		--fork-strategy fewest --generate-hashes --no-config --quiet \
		--custom-compile-command "make lock" --output-file requirements.lock

clean: ## remove everything that make has made
	rm -rf $(VENV) dist build .bench .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache
	find triage_tui widgets tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Nothing unlocked is downloaded: pip and what builds sdists come from the lock too, and first.
# The outer Python's pip installs them, so that a Python without ensurepip will do.
$(VENV)/locked: requirements.lock
	@test -n "$(PYTHON)" || { echo "make: no python3 found; name one: make PYTHON=..." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "make: $(PYTHON) is not Python 3.11 or newer; name one: make PYTHON=..." >&2; exit 1; }
	@echo "setting up $(VENV) (once; about a minute)" >&2
	@test -x $(BIN)/python || "$(PYTHON)" -m venv --without-pip $(VENV) >&2
	@awk '/^[a-z]/ { keep = /^(pip|setuptools)==/ } keep' requirements.lock > $(VENV)/build.lock
	@"$(PYTHON)" -m pip --python $(BIN)/python $(PIP_FLAGS) install --require-hashes -r $(VENV)/build.lock >&2
	@$(PIP) install --require-hashes --no-build-isolation -r requirements.lock >&2
	@touch $@

$(VENV)/installed: $(VENV)/locked pyproject.toml
	@$(PIP) install --no-deps --no-build-isolation --editable . >&2
	@touch $@
