# demo, test, check, bench, fuzz: each makes its own virtual environment and installs what it needs.
# Another Python: `make test PYTHON=python3.13`. Pulled models are taken from MIRROR where it has them.

PYTHON ?= python3
PYTHON311 ?= python3.11
VENV   ?= .venv-$(notdir $(PYTHON))
BIN    := $(VENV)/bin
SHARED ?= ../shared
MIRROR ?= $(wildcard $(SHARED))
# picamera2 comes from apt, with the libcamera that it must fit.
SITE   := $(shell $(PYTHON) -c 'import picamera2' 2>/dev/null && echo --system-site-packages)

.PHONY: demo test check lint bench fuzz clean

demo: $(VENV)/demo.stamp ## three plugins on a rendered scene, live in the terminal, and how right they were
	$(BIN)/edgenode demo $(if $(MIRROR),--mirror "$(MIRROR)") $(DEMO)

test: $(VENV)/dev.stamp
	tools/system-packages libportaudio2 libasound2-plugins pulseaudio mosquitto mosquitto-clients openssl
	$(BIN)/python -m pytest $(PYTEST)
	@if command -v $(PYTHON311) >/dev/null; then $(MAKE) -C models test; else \
	  echo "skipped: the tests of the recipes need Python 3.11 (TensorFlow 2.15), give it with PYTHON311=..."; fi

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

bench: $(VENV)/dev.stamp
	tools/system-packages libportaudio2 mosquitto
	$(BIN)/python bench/all.py $(if $(MIRROR),--mirror "$(MIRROR)") $(BENCH)

fuzz: $(VENV)/dev.stamp ## mutated files and messages to all that reads them; some hours, FUZZ="pictures --cases 500" for less
	$(BIN)/python fuzz/all.py $(FUZZ)

clean:
	rm -rf .venv-* build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

$(VENV)/%.stamp: pyproject.toml edgenode/__init__.py
	PYTHON="$(PYTHON)" tools/system-packages python-venv
	test -x $(BIN)/python || $(PYTHON) -m venv $(SITE) $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=24'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$*]'
	touch $@
