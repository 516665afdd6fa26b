# Every target does its own set-up. `check` never writes to a source file; `fix` does.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PROVIDER := build/wheels/.provider
CHECKOV := build/checkov/.installed
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Terraform, a program in Go, spends a quarter of its work on collecting garbage: with some more memory it need not.
export GOGC := 400

.DEFAULT_GOAL := help
.PHONY: help demo serve package test crashes market bench count check lint preflight fix tag deploy destroy clean

help: ## List the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

demo: $(if $(filter emulators,$(BACKEND)),$(VENV)/.google,$(VENV)/.runs) ## Play three weeks of leads against stand-ins and prove the count (BACKEND=emulators: on Google's)
	@$(BIN)/leadloop demo $(if $(BACKEND),--backend $(BACKEND))

serve: $(VENV)/.runs ## Leave the stand-ins and the host running, with a demo page at http://127.0.0.1:8080/; PORT=8081
	@$(BIN)/leadloop demo --serve $(if $(PORT),--port $(PORT))

package: $(VENV)/.google ## Stage one reproducible zip per function in build/packages; POLICY=leadloop.yaml
	@$(BIN)/python -m leadloop_packaging $(if $(POLICY),--policy '$(POLICY)')

# Hundreds of processes are started: without bytecode each would compile all of leadloop again.
test: $(VENV)/.tests ## Run every test; DEEP=1: with a thousand examples of every property; SEED=7
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder \
	  $(if $(DEEP),--hypothesis-profile=deep) $(if $(SEED),--hypothesis-seed=$(SEED))

crashes: $(VENV)/.tests ## Let everything die at every call outside on the demo's way: half an hour, ARGS=--all a night; ARGS=--help
	@PYTHONPATH=tests $(BIN)/python -m faults $(ARGS)

market: $(VENV)/.tests ## Judge a market of simulated leads whose truth is known: LEADS=100000, SEED=1; STORE=1 registers them one by one
	@PYTHONPATH=tests $(BIN)/python -m market $(if $(LEADS),--leads $(LEADS)) $(if $(SEED),--seed $(SEED)) $(if $(STORE),--store)

bench: $(VENV)/.tests ## Measure what leadloop costs, as ratios, in about twelve minutes; ONLY=intake, QUICK=1
	@PYTHONHASHSEED=0 PYTHONPATH=tests $(BIN)/python -m bench $(if $(ONLY),--only $(ONLY)) $(if $(QUICK),--quick)

count: $(VENV)/.tests ## Count again what a lead makes every function do, for `leadloop cost`
	@PYTHONHASHSEED=0 PYTHONPATH=tests $(BIN)/python -m bench.counting

check: lint preflight ## All that is checked without running it: code and infrastructure; changes no source

lint: $(VENV)/.tests ## Lint, format, types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/mypy functions tests
	@$(BIN)/lint-imports

preflight: $(VENV)/.tests $(CHECKOV) $(if $(shell command -v terraform),$(PROVIDER)) ## Check infra/terraform without an account
	@$(BIN)/python -m leadloop_preflight

fix: $(VENV)/.tests ## Apply lint fixes, the format, and the tables of the Terraform modules
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@! command -v terraform > /dev/null || terraform fmt -recursive infra/terraform
	@$(BIN)/python -m leadloop_preflight tables

tag: $(VENV)/.tests ## Build the browser tag, tag.min.js, from tag.js
	@$(BIN)/python -m leadloop_packaging.browser_tag

deploy: $(VENV)/.google ## Bring leadloop onto Google Cloud: PROJECT=id REGION=europe-west1, POLICY=leadloop.yaml, PREFIX=ll-
	@$(BIN)/python -m leadloop_deployment deploy

destroy: $(VENV)/.google ## Take it away again, with all its leads; the same variables
	@$(BIN)/python -m leadloop_deployment destroy

deploy destroy: export PROJECT := $(PROJECT)
deploy destroy: export REGION := $(REGION)
deploy destroy: export POLICY := $(POLICY)
deploy destroy: export PREFIX := $(PREFIX)

clean: ## Remove the virtual environment, caches and demo data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build var

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "leadloop needs Python 3.11 or newer; say PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runs: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Setting up $(VENV) (once, about a minute) …"
	@$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[host]'
	@touch $@

$(VENV)/.google: $(VENV)/.runs
	@echo "Adding Google's clients to $(VENV) (once) …"
	@$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[host,google]'
	@touch $@

# All at once, and not after what the others need: pip would look for everything twice.
$(VENV)/.tests: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Setting up $(VENV) with what tests need (once, about a minute) …"
	@$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[host,google,dev]'
	@touch $(VENV)/.runs && touch $(VENV)/.google $@

$(PROVIDER): infra/preflight/provider.txt | $(BIN)/python
	@echo "Downloading the schema of Google's Terraform provider to build/wheels (once, 67 MB) …"
	@$(BIN)/pip download --quiet --no-deps --dest $(@D) --requirement $<
	@touch $@

$(CHECKOV): infra/preflight/constraints.txt
	@echo "Setting up checkov in build/checkov (once, about half a minute) …"
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/pip install --quiet --no-compile --constraint $< checkov
	@touch $@
