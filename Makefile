# The four things people do here. Everything is installed into .venv; nothing asks for root.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXTRAS ?= course,grading,fast,cluster,dev
INSTALLED := $(VENV)/.installed-$(EXTRAS)

.DEFAULT_GOAL := help
.PHONY: help install demo test lab bench lint matrix clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

install: $(INSTALLED)  ## set up .venv (again only when pyproject.toml has changed)

$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "This needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || echo missing)."; \
	  echo "Install one, or name it: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "'$(PYTHON)' has no venv module. On Debian and Ubuntu the package python3-venv brings it."; exit 1; }
	@echo "Setting up $(VENV) (about a minute, once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$(EXTRAS)]'
	@touch '$(INSTALLED)'

demo: install  ## grade a sample class, and show where its gradebook and feedback are
	@$(BIN)/autograder demo

test: install  ## run every check and test; the slow ones come last
	@$(BIN)/ruff check .
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

lab: install  ## open the workbook in JupyterLab, to read and to do
	@$(BIN)/autograder workspace workspace
	@cd workspace && PATH="$(CURDIR)/$(BIN):$$PATH" jupyter lab start.ipynb

bench: install  ## time bnkit's kernels on this machine (PyTorch too, where it is installed)
	@$(BIN)/python benchmarks/cpu.py
	@$(BIN)/python benchmarks/training.py
	@if $(BIN)/python -c 'import sys, bnkit; sys.exit(not bnkit.gpu_available())'; then \
	  $(BIN)/python benchmarks/gpu.py; $(BIN)/python benchmarks/training.py --device gpu; fi

lint: install  ## format, and check style and types
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@$(BIN)/mypy

matrix: install  ## print how many known mistakes the checks reject and name
	@$(BIN)/autograder matrix

clean:  ## remove .venv and everything that was made by the commands above, but no workspace
	@rm -rf $(VENV) demo
