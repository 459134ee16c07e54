# Needs Python 3.11 or newer, git and make. Everything else is made here, in .venv.
PYTHON ?= python3
BIN := .venv/bin

OLDEST := .venv-oldest/bin
# requirements.txt without what requirements-oldest.txt names.
WITHOUT_OLDEST := sed -E '/^apache-airflow(-providers-http)?==/d'

.PHONY: help demo demo-empty demo-distributed test test-unit test-oldest test-faults lint bench lock clean
.DEFAULT_GOAL := help

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

demo: .venv/installed  ## the sandbox, Airflow and a small hiring story; Ctrl-C stops it all
	@$(BIN)/python -m include.demo

demo-empty: .venv/installed  ## the same with nothing set up, to be set up in the browser
	@$(BIN)/python -m include.demo --empty

demo-distributed: .venv/installed  ## the same story on PostgreSQL, Redis, two workers and two API servers
	@$(BIN)/python -m include.demo --distributed

# In the order of the folders: those that start an Airflow come first, since they take longest and all use one worker.
WORKERS ?= 2
test: .venv/installed  ## all tests (make WORKERS=4 test: four at a time), and how much of the code they run
	@$(BIN)/python -m pytest -m "not faults" -n $(WORKERS) --no-loadscope-reorder --durations=30 --cov --cov-report=term

test-unit: .venv/installed  ## those that need neither the sandbox nor a running Airflow
	@$(BIN)/python -m pytest -m unit

# What touches Airflow most: whole runs, webhooks, pages, kept state, a running Airflow. An older Airflow's own warnings
# are not ours to heed.
test-oldest: .venv-oldest/installed  ## what touches Airflow most, under the oldest version that is supported
	@$(OLDEST)/python -m pytest -o filterwarnings=ignore -n $(WORKERS) --dist loadfile tests/operators tests/web \
	  tests/upgrades tests/dags/test_form.py tests/dags/test_hourly.py tests/dags/test_results.py \
	  tests/dags/test_events.py tests/dags/test_nightly.py tests/dags/test_leftovers.py tests/pages/test_happened.py
	@$(OLDEST)/python -m pytest -o filterwarnings=ignore tests/airflow/test_running.py -k backfill

# 500 candidates take some five minutes on two cores. SEED=n plays one again: its draws, though not the moments at which they
# meet.
CANDIDATES ?= 10000
test-faults: .venv/installed  ## faults, kills and lost deliveries over the whole stack (CANDIDATES=500 SEED=7)
	@CANDIDATES=$(CANDIDATES) SEED=$(SEED) $(BIN)/python -m pytest -m faults -s

lint: .venv/installed  ## ruff and mypy
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

bench: .venv/installed .bench/installed  ## speed and memory, beside our peers; written into benchmarks/README.md
	@$(BIN)/python -m benchmarks --write

lock:  ## resolve requirements.txt again into constraints.txt and constraints-oldest.txt
	@rm -rf .lock && $(PYTHON) -m venv .lock && .lock/bin/pip install --quiet uv
	@.lock/bin/uv pip compile --quiet --universal --python-version 3.11 --no-annotate --upgrade \
	  --custom-compile-command "make lock" requirements.txt -o constraints.txt
	@cp constraints.txt constraints-oldest.txt
	@$(WITHOUT_OLDEST) requirements.txt | cat - requirements-oldest.txt | .lock/bin/uv pip compile --quiet \
	  --universal --python-version 3.11 --no-annotate --custom-compile-command "make lock" - -o constraints-oldest.txt
	@rm -rf .lock

clean:  ## remove what make made
	@rm -rf .venv .venv-oldest .lock .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* .airflow .bench build dist *.egg-info plugins/*.egg-info
	@find . -name .git -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

.venv/installed: requirements.txt constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is %s. Name one: make PYTHON=python3.12 ..." % sys.version.split()[0])'
	@echo "Making the environment in .venv (a few minutes the first time) ..."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -c constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv-oldest/installed: requirements.txt requirements-oldest.txt constraints-oldest.txt pyproject.toml
	@echo "Making the environment with the oldest Airflow in .venv-oldest (a few minutes the first time) ..."
	@$(PYTHON) -m venv --clear .venv-oldest
	@$(WITHOUT_OLDEST) requirements.txt | $(OLDEST)/python -m pip install --quiet --disable-pip-version-check \
	  -r /dev/stdin -r requirements-oldest.txt -c constraints-oldest.txt
	@$(OLDEST)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Tools that the benchmark compares with. Without them it says so, and measures the rest.
.bench/installed: benchmarks/requirements-peers.txt
	@echo "Making the environment of the compared tools in .bench ..."
	@$(PYTHON) -m venv --clear .bench
	@.bench/bin/python -m pip install --quiet --disable-pip-version-check -r $< && touch $@ || \
	  echo "They can't be installed here: the benchmark leaves them out."
