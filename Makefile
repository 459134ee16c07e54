# Needs Python 3.11 or newer, git and make. Everything else is made here, in .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo demo-empty test test-faults test-unit lint bench lock clean
.DEFAULT_GOAL := help

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 11

demo: .venv/installed  ## the sandbox, Airflow and a small hiring story; Ctrl-C stops it all
	@$(BIN)/python -m include.demo

demo-empty: .venv/installed  ## the same with nothing set up, to be set up in the browser
	@$(BIN)/python -m include.demo --empty

# Those that start an Airflow come after the others, one by one: two Airflows at once keep each other waiting for minutes.
WORKERS ?= 2
test: .venv/installed  ## all tests (make WORKERS=4 test: four at a time), and how much of the code they run
	@$(BIN)/python -m pytest -m "not airflow and not browser and not faults" -n $(WORKERS) --dist loadfile --cov --cov-report=
	@$(BIN)/python -m pytest -m "airflow or browser" --cov --cov-append --cov-report=term

test-unit: .venv/installed  ## those that need neither the sandbox nor a running Airflow
	@$(BIN)/python -m pytest -m unit

# 10,000 candidates take about an hour. SEED=n plays one again: its draws, though not the moments at which they meet.
CANDIDATES ?= 10000
test-faults: .venv/installed  ## faults, kills and lost deliveries over the whole stack (CANDIDATES=500 SEED=7)
	@CANDIDATES=$(CANDIDATES) SEED=$(SEED) $(BIN)/python -m pytest -m faults -s

lint: .venv/installed  ## ruff and mypy
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

bench: .venv/installed  ## requests, share of Lever's limit and memory, measured
	@$(BIN)/python -m benchmarks

lock:  ## resolve requirements.txt again into constraints.txt
	@rm -rf .lock && $(PYTHON) -m venv .lock && .lock/bin/pip install --quiet uv
	@.lock/bin/uv pip compile --quiet --universal --python-version 3.11 --no-annotate --upgrade \
	  --custom-compile-command "make lock" requirements.txt -o constraints.txt
	@rm -rf .lock

clean:  ## remove what make made
	@rm -rf .venv .lock .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* .airflow .bench build dist *.egg-info plugins/*.egg-info
	@find . -name .git -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

.venv/installed: requirements.txt constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is %s. Name one: make PYTHON=python3.12 ..." % sys.version.split()[0])'
	@echo "Making the environment in .venv (a few minutes the first time) ..."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -c constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
