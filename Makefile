PRESET ?= paper
RESULTS ?= results
PRESETS := smoke paper deep
$(if $(filter-out 1,$(words $(PRESET)))$(filter-out $(PRESETS),$(PRESET)),$(error PRESET = $(PRESET): must be one of $(PRESETS)))
# the first interpreter that is new enough and can make an environment
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	if $$p -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
BIN := .venv/bin
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1
export MPLBACKEND := Agg
export PYTHONHASHSEED := 0
export PYTHONDONTWRITEBYTECODE := 1
export PRESET RESULTS EXTRA NAME STYLE

.PHONY: help setup check test exam mutants reproduce engines report figure bench lock clean
.DEFAULT_GOAL := help
EXTRAS ?=

help: ## show this help
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

setup: .venv/ready $(EXTRAS:%=.venv/ready-%) ## create .venv with the locked requirements; EXTRAS="cluster browser" adds Dask and Playwright

.venv/ready: requirements.lock
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	{ echo "error: no Python 3.11 or newer with venv and pip found; say make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test ! -L .venv || { echo "error: .venv is a link: it would be emptied for all who use it" >&2; exit 1; }
	@echo "setting up .venv: a minute or two"
	"$(PYTHON)" -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/ready-%: requirements-%.lock .venv/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

check: setup ## lint, format, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports

test: setup ## the whole test suite
	$(BIN)/python -m pytest -n auto --dist worksteal

exam: setup ## examine objectives, noises, adversaries and methods, those of your own folder EXTRA=DIR included
	$(BIN)/python -m pytest -n auto tests/test_objectives.py tests/test_noises.py tests/test_adversaries.py tests/test_baselines.py

mutants: setup ## small faults in the sources, which the tests should notice; FILES="theory/spread.py ..." SAMPLE=10
	@$(BIN)/python -m tests.mutants $(FILES) $(if $(SAMPLE),--sample $(SAMPLE))

reproduce: setup ## measure every claim and write results/report.html; PRESET=smoke|paper|deep; EXTRA=DIR adds your own
	@code=0; $(BIN)/python -m experiments -m 'case=glob(*)' "preset=$$PRESET" "results=$$(printf %s "$$RESULTS" | sed 's/,/\\,/g')" $${EXTRA:+"extra=$$EXTRA"} || code=$$?; \
	[ $$code = 2 ] || $(BIN)/python -m analysis "$$RESULTS" || code=1; exit $$code

engines: setup ## run the smoke preset on both engines and compare what they find byte for byte
	@scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT && for engine in compiled numpy; do \
	$(BIN)/python -m experiments -m 'case=glob(*)' preset=smoke engine=$$engine results="$$scratch/$$engine" || exit 1; done; \
	$(BIN)/python .ci/engines.py "$$scratch/compiled" "$$scratch/numpy"

report: setup ## judge and draw again what was measured
	@$(BIN)/python -m analysis "$$RESULTS"

figure: setup ## draw one figure again from what was measured: NAME=theorem11_kink STYLE=report|column|text|grey
	@test -n "$$NAME" || { echo "error: NAME = : must be the figure's, as in results/figures" >&2; exit 2; }
	@$(BIN)/python -m analysis "$$RESULTS" "figure=$$NAME" $${STYLE:+"style=$$STYLE"}

bench: setup ## the engines against their floor, a textbook loop and, if installed, JAX and PyTorch
	@$(BIN)/python -m benchmarks "$$RESULTS"

PIN := uv pip compile --quiet --universal --fork-strategy fewest --generate-hashes --no-emit-index-url --no-header --python-version 3.11
lock: ## pin the requirements again (needs uv)
	$(PIN) requirements.in -o requirements.lock
	$(PIN) requirements-cluster.in -o requirements-cluster.lock
	$(PIN) requirements-browser.in -o requirements-browser.lock

clean: ## remove results and the environment
	rm -rf .venv build *.egg-info $(addprefix results/,cells damaged partial figures *.csv report.html manifest.json costs.json .*.lock .running-*)
