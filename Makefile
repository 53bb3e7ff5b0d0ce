# Each target sets up what it needs: `make demo` and `make test` work on a fresh clone.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv pip
READY := $(VENV)/.ready
PEERS_VENV := .venv-peers
PEERS_READY := $(PEERS_VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test check fmt unit schemas lab bench bench-models bench-relations bench-cost bench-explain bench-discovery bench-notebook bench-peers lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): requirements.lock requirements-build.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-build.lock
	$(UV) install --quiet --python $(PY) --require-hashes -r requirements.lock
	$(UV) install --quiet --python $(PY) --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY)  ## synthesise the New York flights database; leaves a page in artifacts/demo
	$(PY) scripts/demo.py

test: $(READY)  ## everything CI runs: checks, all tests on every engine, kernels, browser
	$(PY) scripts/run_tests.py

unit: $(READY)  ## the quick tests only (under a minute)
	$(PY) -m pytest -q -n 2 --dist loadfile tests/unit tests/property tests/contract synthohive_jupyter

schemas: $(READY)  ## integrity of 2,000 random databases, new ones each time (about five minutes)
	SCHEMAS=2000 $(PY) -m pytest -q tests/property/test_random_schemas.py

check: $(READY)  ## formatting, lint, types, layers
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

fmt: $(READY)  ## format and mend what can be mended
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

lab: $(READY)  ## open JupyterLab in notebooks/
	$(VENV)/bin/jupyter lab --notebook-dir notebooks

bench: bench-models bench-relations bench-cost  ## measure everything; what is done is kept, FRESH=1 redoes it

# For instance: make bench-models SETS=adult SEEDS=1 MODELS=tree,argn PEERS=none
bench-models: $(READY)  ## row models beside holdout and peers (DATA= SETS= SEEDS= MODELS= PEERS=)
	OMP_NUM_THREADS=1 $(PY) -m benchmarks.models $(if $(DATA),--data $(DATA)) \
	  $(if $(SETS),--sets $(SETS)) $(if $(SEEDS),--seeds $(SEEDS)) \
	  $(if $(MODELS),--models $(MODELS)) $(if $(PEERS),--peers $(PEERS)) \
	  $(if $(PEER_SEEDS),--peer-seeds $(PEER_SEEDS)) $(if $(FRESH),--fresh)

bench-relations: $(READY)  ## linked tables beside holdout, random keys, peers (DATA= SETS= SEEDS= MODELS=)
	OMP_NUM_THREADS=1 $(PY) -m benchmarks.relations $(if $(DATA),--data $(DATA)) \
	  $(if $(SETS),--sets $(SETS)) $(if $(SEEDS),--seeds $(SEEDS)) \
	  $(if $(MODELS),--models $(MODELS)) $(if $(FRESH),--fresh)

bench-cost: $(READY)  ## seconds and memory from 10,000 to a million children (ROWS= HUGE=)
	OMP_NUM_THREADS=1 $(PY) -m benchmarks.cost $(if $(ROWS),--rows $(ROWS)) $(if $(HUGE),--huge $(HUGE))

bench-explain: $(READY)  ## what explain foretells of time and memory, against what a fit takes (DATA=)
	$(PY) -m benchmarks.costs $(if $(DATA),--data $(DATA))

bench-discovery: $(READY)  ## what init guesses of keys and personal data, against the truth (DATA=)
	$(PY) -m benchmarks.discovery $(if $(DATA),--data $(DATA))

bench-notebook: $(READY)  ## how long a notebook waits: loading, errors, panel, stop (REPEAT= ONLY=)
	$(PY) -m benchmarks.notebook $(if $(REPEAT),--repeat $(REPEAT)) $(if $(ONLY),--only $(ONLY))

bench-peers: $(PEERS_READY)  ## install the peers that are fitted live (5 GB, never imported)

$(PEERS_READY): benchmarks/peers.txt | $(READY)
	$(PY) -m venv --clear --without-pip $(PEERS_VENV)
	$(UV) install --quiet --python $(PEERS_VENV)/bin/python -r benchmarks/peers.txt
	@touch $@

lock: $(READY)  ## compile the locks anew from pyproject.toml
	$(UV) compile requirements-build.in --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --quiet --upgrade -o requirements-build.lock
	$(UV) compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --quiet --upgrade -o requirements.lock

clean:  ## remove what was built here
	rm -rf $(VENV) $(PEERS_VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache artifacts
