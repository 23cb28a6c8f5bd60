# make demo   sets up .venv and runs the embedded city
# make test   sets up .venv and runs lint, types, import contract, doctests and tests
# make bench  times circle15 beside other engines and writes docs/benchmarks.md; make bench-setup installs them
# make bench-map  times the public map of a drawn city and writes its rows of docs/benchmarks.md (needs Chromium)
# make pictures   makes the pictures of docs/circles.md (needs the font Noto Sans CJK) and docs/figures.md
# make docs      builds the documentation site into site/, warnings being errors
# make lock   resolves the lock files anew (needs uv)

# The first Python of 3.11 or newer, 3.11 and 3.13 being the tested ones; override with PYTHON=...
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
OUT ?= out/demo

.PHONY: demo test bench bench-setup bench-map pictures docs lock clean

demo: .venv/ready
	@$(BIN)/circle15 demo --out $(OUT)

test: .venv/ready-dev
	@$(BIN)/python check.py

bench: .venv/ready
	@$(BIN)/python benchmarks/run.py

bench-setup: .venv/ready
	@$(BIN)/python benchmarks/run.py --setup

bench-map: .venv/ready-dev
	@$(BIN)/python benchmarks/map.py

pictures: .venv/ready-dev
	@$(BIN)/python docs/make_circles.py --data ../shared/data
	@$(BIN)/python docs/make_figures.py

docs: .venv/ready-dev
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "circle15 needs Python 3.11 or newer; install it or name it with PYTHON=..."; exit 1; }
	@echo "Setting up .venv with $(PYTHON) (a few minutes, once) ..."
	@$(PYTHON) -m venv .venv

.venv/ready: requirements.lock pyproject.toml | .venv/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

.venv/ready-dev: requirements-dev.lock .venv/ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--group build --extra report pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--group build --group dev --extra report -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:
	rm -rf .venv out build dist site
