# `make demo` and `make test` set everything up on a machine with only Python (>= 3.11), pip, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_FOR_DOCS := $(VENV)/.ready-for-docs
WORKERS ?= 2
AXE_VERSION := 4.14.1
AXE := $(VENV)/axe/package
OVER_ARRAYS := shapes engine_generate engine_likelihood engine_schedule sft_export sft_layers sft_loss sft_packing \
	gemma_export gemma_load

.PHONY: help install demo test test-all test-shapes test-pages check docs notebooks format clean

help:  ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

install: $(READY)  ## Build .venv with pinned versions

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[gemma,lm-eval,dev]'
	@touch $@

demo: $(READY)  ## Train three arms from the bundled model, measure, compare and report: about six minutes
	$(BIN)/harness demo

test: $(READY)  ## Run the default tests
	$(BIN)/python -m pytest -n $(WORKERS)

test-all: $(READY)  ## Run the slow tests too
	$(BIN)/python -m pytest -n $(WORKERS) -m 'slow or not slow'

test-shapes: $(READY)  ## Run the tests over arrays with every shape in a signature checked
	HARNESS_SHAPES=1 $(BIN)/python -m pytest -n $(WORKERS) $(OVER_ARRAYS:%=tests/test_%.py)

test-pages: $(READY) $(AXE)/axe.min.js  ## Drive the pages in a real browser; axe-core looks for what shuts people out
	AXE_CORE=$(AXE) HARNESS_SCREENSHOTS=build/pages $(BIN)/python -m pytest -m 'slow or not slow' tests/test_report_browser.py

$(AXE)/axe.min.js:
	mkdir -p $(VENV)/axe
	cd $(VENV)/axe && npm pack --silent axe-core@$(AXE_VERSION) && tar -xzf axe-core-$(AXE_VERSION).tgz

check: $(READY)  ## Format, lint and type checks, then the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MAKE) test

notebooks: $(READY)  ## Run the quickstart notebook and write its outputs into it: about four minutes
	$(BIN)/python notebooks/run.py notebooks/quickstart.ipynb

docs: $(READY_FOR_DOCS)  ## Build the documentation site into build/site; a link that leads nowhere fails
	NO_MKDOCS_2_WARNING=1 PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/mkdocs build --quiet --strict

$(READY_FOR_DOCS): $(READY)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[docs]'
	@touch $@

format: $(READY)  ## Format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## Remove the environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
