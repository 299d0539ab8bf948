# make run · make test · make fast · make bench · make results. Each sets up what it needs; all are safe to repeat and to interrupt.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help run test fast bench results venv packages test-packages model browser

HOST ?= 127.0.0.1
PORT ?= 7860
NAMES ?=
WORKERS ?= 2
PY := .venv/bin/python
PYTEST = $(PY) -m pytest -n $(WORKERS)  # which tests stay together: tests/conftest.py
# Python compiles what it imports, once; to compile all of it would take a minute, most of it never imported. It must be
# let keep what it compiled, which many servers forbid: else every process of ours compiles anew, 15 seconds each.
unexport PYTHONDONTWRITEBYTECODE
INSTALL := $(PY) -m pip install --disable-pip-version-check --no-input --quiet --no-compile
# A stamp is written last, and named by what it stands for: its existence means that exactly this was installed.
STAMP := .venv/installed-$(shell cksum < requirements.txt | cut -d' ' -f1)
TEST_STAMP := $(STAMP)-test-$(shell cksum < requirements-test.txt | cut -d' ' -f1)

# 0 where this Python is new enough; 0 where the virtual environment is whole (pip writes its RECORD last).
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
WHOLE := import sys, importlib.metadata as m; sys.exit(sys.version_info < (3, 11) or m.distribution("pip").read_text("RECORD") is None)
# A package without RECORD was cut short while it was being written: forget it, so that pip installs it again.
FORGET_HALVES := import sys, shutil, importlib.metadata as m; [shutil.rmtree(d._path) for d in m.distributions() if d.read_text("RECORD") is None and str(d._path).startswith(sys.prefix) and str(d._path).endswith(".dist-info")]

help:  ## this list
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):[^#]*## */make \1\t/' | column -t -s "$$(printf '\t')"

run: packages model  ## set up what is missing, then start the dashboard (PORT=7860 HOST=127.0.0.1)
	@echo "Starting Kurabe at http://$(HOST):$(PORT) ... (Ctrl-C ends the page; a training run goes on)"
	@exec $(PY) app.py --host "$(HOST)" --port "$(PORT)"

test: test-packages model browser  ## set up what is missing, then check style and run every test (WORKERS=2)
	@echo "Checking style, then running every test (the slow ones and the browser's too) ..."
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PYTEST)

fast: test-packages  ## check style and run the tests that need neither the embedded model nor a browser
	@echo "Checking style, then running the quick tests ..."
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PYTEST) -m "not slow and not browser"

bench: packages model  ## measure speed against plain TRL and datasets on this machine
	@echo "Measuring; keep the machine otherwise idle ..."
	@$(PY) -m benchmarks

results: packages model  ## measure every use case on this machine and keep what comes out (hours; NAMES="legal tutor")
	@$(PY) -m benchmarks.results $(NAMES)

venv:
	@if [ -x $(PY) ] && $(PY) -c '$(WHOLE)' 2>/dev/null; then exit 0; fi; \
	for python in python3.11 python3; do \
	  if command -v $$python >/dev/null && $$python -c '$(NEW_ENOUGH)' 2>/dev/null; then \
	    echo "Creating the virtual environment .venv with $$($$python --version) ..."; \
	    exec $$python -m venv --clear .venv; \
	  fi; \
	done; \
	echo "Kurabe needs Python 3.11 or newer, as python3.11 or python3, and found neither. Install it, then run this again." >&2; \
	exit 1

packages: venv $(STAMP)

$(STAMP):
	@echo "Installing requirements.txt into .venv (a minute or two, once) ..."
	@$(PY) -c '$(FORGET_HALVES)'
	@$(INSTALL) -r requirements.txt
	@touch $@

test-packages: venv $(TEST_STAMP)

$(TEST_STAMP):
	@echo "Installing requirements.txt and requirements-test.txt into .venv (a minute or two, once) ..."
	@$(PY) -c '$(FORGET_HALVES)'
	@$(INSTALL) -r requirements.txt -r requirements-test.txt
	@touch $(STAMP) $@

model: packages
	@$(PY) -m engine.embedded

browser:
	@found() { command -v chromium || command -v chromium-browser || command -v google-chrome; }; \
	if found >/dev/null; then exit 0; fi; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	if ! command -v apt-get >/dev/null || { [ -n "$$sudo" ] && ! command -v sudo >/dev/null; }; then \
	  echo "The browser tests need Chromium or Google Chrome on the PATH. Install one, then run this again." >&2; exit 1; \
	fi; \
	echo "Installing Chromium and CJK fonts for the browser tests ..."; \
	export DEBIAN_FRONTEND=noninteractive; \
	$$sudo apt-get update -qq && $$sudo apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null; \
	found >/dev/null || { echo "Chromium was installed but is not on the PATH. Install Google Chrome, then run this again." >&2; exit 1; }
