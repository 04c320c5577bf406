PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv pip
READY := .venv/ready
OFFLINE := { echo "The Python packages could not all be fetched: check the network, then run make again."; exit 1; }

help:  ## what there is
	@echo "Heard needs Python 3.11 or newer, make and the network (once)."
	@sed -n 's/^\([a-z]*\):.*##  *\(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

demo: $(READY)  ## the whole of it with invented contributions (ONCE=1: a few minutes, then it ends)
	@$(BIN)/heard demo $(if $(ONCE),--once)

run: $(READY)  ## Heard on this machine, with its own Kafka and PostgreSQL
	@$(BIN)/heard up

check: $(READY)  ## format, lint, types, imports, and every test that needs no server
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports && $(BIN)/pytest -n 2 --dist worksteal -m "not connected"

test: check jars browser mails promtool  ## check, and tests against a real Kafka and PostgreSQL
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "connected and (not faults or short)"

faults: jars mails  ## break everything under load, on three brokers, and print what it cost
	@$(BIN)/pytest -m faults --faults-table dist/faults.md

bench: $(READY) jars  ## how fast it is on this machine
	@$(BIN)/python -m tests.benchmarks

jars: $(READY)
	@$(BIN)/python -m services.local.jars && $(BIN)/python -m services.local.learn

mails: $(READY)
	@$(BIN)/python -m tests.support.corpus

promtool: $(READY)
	@$(BIN)/python -m tests.support.promtool

# What the browser tests need: found, or Debian's package where that may be installed, or a sentence that says how.
browser: $(READY)
	@$(BIN)/python -m tests.support.browser 2>/dev/null || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null && echo "Installing Debian's chromium for the browser tests." && { \
		apt-get install -qq -y chromium >/dev/null 2>&1 || { apt-get update -qq && apt-get install -qq -y chromium >/dev/null; }; } || true; }
	@$(BIN)/python -m tests.support.browser

lock: $(READY)  ## exact versions anew, none younger than a week
	@$(UV) compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --all-extras --exclude-newer $$($(BIN)/python -c 'import datetime as d; print(d.date.today() - d.timedelta(7))') pyproject.toml -o requirements.lock
	@$(UV) compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --constraint requirements.lock pyproject.toml -o deploy/requirements.lock  # the image's: without extras

clean:  ## take away what make made here (not what Heard keeps in your home folder)
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist *.egg-info
	@find services shared tests -name __pycache__ -type d -prune -exec rm -rf {} +

# uv comes first, through pip, at the version and with the hashes of the lock; everything else through uv.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Heard needs Python 3.11 or newer with venv (on Debian: python3-venv); name another with PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.txt
	@grep -qF "uv==$$($(BIN)/uv --version 2>/dev/null | cut -d' ' -f2) " .venv/uv.txt || { \
		$(BIN)/python -m ensurepip >/dev/null && $(BIN)/python -m pip --disable-pip-version-check install --progress-bar off --require-hashes --no-deps -r .venv/uv.txt; } || $(OFFLINE)
	@$(UV) sync --python $(BIN)/python --require-hashes requirements.lock || $(OFFLINE)
	@$(UV) install --python $(BIN)/python --quiet --no-deps --no-build-isolation -e .
	@touch $(READY)

.PHONY: help demo run check test faults bench jars mails promtool browser lock clean
