PRESET ?= paper
PYTHON ?= $(shell command -v python3 || command -v python)
BIN := .venv/bin
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1
export MPLBACKEND := Agg
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help setup check test reproduce report bench lock clean
.DEFAULT_GOAL := help

help: ## show this help
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

setup: .venv/ready ## create .venv with the locked requirements

.venv/ready: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: Python 3.11 or newer is needed; use make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

check: setup ## lint, format, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports

test: setup ## the whole test suite
	$(BIN)/python -m pytest

reproduce: setup ## measure every claim and write results/report.html; PRESET=smoke|paper|deep
	@measured=0; $(BIN)/python -m experiments -m 'case=glob(*)' preset=$(PRESET) || measured=1; \
	if [ -f results/manifest.json ]; then $(BIN)/python -m analysis || measured=1; fi; exit $$measured

report: setup ## judge and draw again what was measured
	$(BIN)/python -m analysis

bench: setup ## the engine against its floor and against a textbook loop
	$(BIN)/python -m benchmarks

lock: ## pin requirements.in again (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 requirements.in -o requirements.lock

clean: ## remove results and the environment
	rm -rf .venv results/cells results/figures results/verdicts.csv results/report.html results/manifest.json
