# badbuzz: `make demo` to see it, `make test` to check it. Everything lives in .venv; nothing else is touched.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
ARGS   ?=

export PIP_DISABLE_PIP_VERSION_CHECK ?= 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo test check fmt bench results screenshots lock clean

help: ## Show this help
	@echo "badbuzz: an early warning for brand crises"
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "  ARGS=... is passed on (make test ARGS='-k surge'); PYTHON=... chooses the interpreter for $(VENV)."

install: $(STAMP) ## Set up .venv with the locked dependencies

demo: $(STAMP) ## Watch a brand live its life, then a crisis start (Ctrl-C ends it)
	$(BIN)/badbuzz demo $(ARGS)

test: $(STAMP) ## Run every test, in two processes (those on Apache Kafka need .ci/run to have fetched it once, and Java)
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(STAMP) ## Lint, format, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: $(STAMP) ## Format and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP) ## Measure the throughput and the delay of this machine
	$(BIN)/badbuzz bench $(ARGS)

results: $(STAMP) ## Measure the detectors: the tables of detectors/README.md
	$(BIN)/badbuzz results $(ARGS)

screenshots: $(STAMP) ## Take the README's pictures of the console again (needs Chromium)
	$(BIN)/python tests/e2e/screenshots.py .github/images

lock: $(STAMP) ## Pin the dependencies again, with hashes (ARGS=--upgrade for newer ones)
	env -u PIP_FIND_LINKS -u UV_FIND_LINKS $(BIN)/uv pip compile pyproject.toml --extra dev --quiet $(ARGS) \
	  --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links --output-file requirements.lock
	@{ echo '# Every dependency, for running and for development, pinned with its hashes. Written by `make lock`.'; \
	   echo '# The ranges are in pyproject.toml.'; cat requirements.lock; } > requirements.lock.new
	@mv requirements.lock.new requirements.lock
	@! grep -nE '://|^ *--(index|extra-index|find|trusted)' requirements.lock \
	  || { echo "requirements.lock must not name an address" >&2; exit 1; }

clean: ## Remove .venv and everything that was built or cached in the tree
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find detectors streams tests -type d -name __pycache__ -prune -exec rm -rf {} +

# Rebuilt from nothing when a dependency changes: an environment is never half old, half new.
$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null 2>&1 \
	  || { echo "badbuzz needs Python 3.11 or newer, and '$(PYTHON)' is not there. Try: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "badbuzz needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -c 'import platform; print(platform.python_version())'). Try: make PYTHON=python3.11" >&2; exit 1; }
	@echo "Setting up $(VENV) (once; about a minute) ..."
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@
