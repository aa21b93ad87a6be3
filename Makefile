# Every target sets up .venv first (scripts/setup.sh); a second run starts at once.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup setup-compose setup-full compose test test-all check bench docs format clean

BIN := .venv/bin
TYPED := chatmusician tests scripts $(wildcard benchmarks)
CODE := $(TYPED) setup.py
export PROMPT

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*  ## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14

setup:  ## the package and what its tests and checks need (2.2 GB, PyTorch included)
	@scripts/setup.sh light

setup-full:  ## everything in requirements.txt, at its versions (2.5 GB)
	@scripts/setup.sh full

setup-compose:  ## what composing with the bundled model needs (0.3 GB, without PyTorch)
	@scripts/setup.sh compose

compose: setup-compose  ## write a piece of music to output/: make compose PROMPT="a lively jig"
	@scripts/compose.sh

test: setup  ## the tests, without the slow ones
	@$(BIN)/python -m pytest -q -n 2 -m "not slow"

test-all: setup  ## all tests
	@$(BIN)/python -m pytest -q -n 2

check: setup  ## lint, format, types, and whether the generated docs are up to date
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/mypy --strict $(TYPED)
	@$(BIN)/python scripts/build_docs.py --check

bench: setup  ## speed and agreement with other readers
	@$(BIN)/python -m benchmarks

docs: setup  ## write the generated docs: docs/cli.md, docs/rules.md
	@$(BIN)/python scripts/build_docs.py

format: setup  ## format the code and mend what ruff can
	@$(BIN)/ruff check --fix --quiet $(CODE) || true
	@$(BIN)/ruff format --quiet $(CODE)

clean:  ## remove .venv, builds, caches and compiled modules
	@rm -rf .venv build dist output *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find chatmusician tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
	@find chatmusician -name '*.so' -delete
