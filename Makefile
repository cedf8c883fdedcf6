# Needs git, make and Python 3.11 or newer; everything else is fetched by pip on first use.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The first of these that is new enough; a name may exist and still not run (a version manager's shim).
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3 python; do \
	"$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && { echo "$$name"; break; }; done)
TEST_PYTHON := .venv/engines/bin/python
DEMO_PYTHON := .venv/demo/bin/python
WORKERS ?= 2

.PHONY: help demo test test-docker test-fast fuzz differential museum lint format bench clean python test-environment demo-environment

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

demo: demo-environment ## run the flights pipeline on real data, then compile it for Kubeflow, Airflow and Flyte
	@PATH="$(CURDIR)/.venv/demo/bin:$$PATH" examples/flights/demo build/demo

test: test-environment lint ## check the style and the types, then run every test (ARGS="..." goes to pytest)
	@$(TEST_PYTHON) -m pytest -n $(WORKERS) $(ARGS)

test-docker: test-environment ## run the tests of real containers, by the Docker that is there or, as root, one of their own (ARGS="..." goes to pytest)
	@$(TEST_PYTHON) -m pytest -m docker tests/docker $(ARGS)

test-fast: test-environment ## run the tests that start no engine (ARGS="..." goes to pytest)
	@$(TEST_PYTHON) -m pytest -n $(WORKERS) -m "not engine and not slow and not docker" $(ARGS)

fuzz: test-environment ## feed random programs to the compiler (N=1000 of them, from SEED=0 on)
	@$(TEST_PYTHON) -m tests.fuzz.run -n $(or $(N),1000) --seed $(or $(SEED),0)

museum: test-environment ## say which mistakes of tests/museum are found (CASES=folder for others)
	@$(TEST_PYTHON) -m tests.museum $(CASES)

differential: test-environment ## run random programs natively and on ENGINES=kfp,flyte,airflow (N=100 of them, from SEED=0 on)
	@$(TEST_PYTHON) -m tests.differential.run -n $(or $(N),100) --seed $(or $(SEED),0) $(if $(ENGINES),--engines $(ENGINES))

lint: test-environment ## check the style and the types
	@$(TEST_PYTHON) -m ruff check --quiet --output-format concise .
	@$(TEST_PYTHON) -m ruff format --quiet --check .
	@$(TEST_PYTHON) -m mypy --strict --no-error-summary

format: test-environment ## rewrite the Python files in the house style
	@$(TEST_PYTHON) -m ruff check --fix .
	@$(TEST_PYTHON) -m ruff format .

bench: test-environment ## measure mloc: against the three engines, on the examples, and what a step costs
	@$(TEST_PYTHON) benchmarks/engines.py
	@$(TEST_PYTHON) benchmarks/check.py
	@$(TEST_PYTHON) benchmarks/steps.py
	@$(TEST_PYTHON) benchmarks/examples.py

clean: ## remove what was built here (the packages in ~/.cache/mloc stay)
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis examples/flights/data
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@test -n "$(PYTHON)" || { echo "mloc needs Python 3.11, 3.12 or 3.13: none was found as python3.11, python3.12, python3.13 or python3." \
		"Install one, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }

test-environment: python
	@$(PYTHON) tools/environment.py engines tests/requirements/engines.lock > /dev/null

demo-environment: python
	@$(PYTHON) tools/environment.py demo examples/requirements.lock > /dev/null
