# IonLadder. `make` alone lists what there is to do.
# Variables: VENV (where the packages go), PYTHON (3.11 to 3.13), PYTEST_OPTIONS, PORT, BASE (a commit).

SHELL := /bin/sh
.DEFAULT_GOAL := help

VENV ?= .venv
HOSTILE_TESTS ?= tests/hostile tests/integration/test_crash.py tests/integration/test_hostile_words.py
PORT ?= 8000
PYTEST_OPTIONS ?=
VERIFY ?=
BASE ?=
AXE ?= axe-core@4.14.1
LIGHTHOUSE ?= lighthouse@12.8.2

# The first interpreter of a supported version that really starts and can make virtual environments.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do \
	"$$name" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
		>/dev/null 2>&1 && echo "$$name" && break; done)

# One thread per process: the same floating-point sums in the same order everywhere.
export OMP_NUM_THREADS ?= 1
# Byte code is kept where containers turn that off too: without it every command compiles what it imports again.
unexport PYTHONDONTWRITEBYTECODE

STAMP := $(VENV)/.ionladder-installed
DEV_STAMP := $(VENV)/.ionladder-dev-installed

# uv installs many times faster than pip. Where it is not on the path, pip installs it into the environment; where it cannot
# be had, or does not reach the index that pip is told of, pip installs everything. Nothing is byte-compiled before it is used.
PIP = "$(VENV)/bin/python" -m pip install -qq --disable-pip-version-check --no-compile
# Nothing is installed that has other bytes than those locked; builds of torch differ, so its two locks have no hashes.
HASHED = --require-hashes -r
# uv runs outside the repository: there its overrides for the extras (pyproject.toml) would stand above the locked versions.
define install
{ ( venv=$$(cd "$(VENV)" && pwd) && uv=$$(command -v uv || echo "$$venv/bin/uv") && cd / && \
	"$$uv" pip install --quiet --python "$$venv/bin/python" $(1) 2>"$$venv/uv.log" ) || $(PIP) $(1); }
endef
define cannot_install
{ echo "The packages could not all be installed. Fix what is said above (is there a network?)" \
	"and run 'make setup' again." >&2; exit 1; }
endef

# An extra, on top of the locked packages, always by pip: uv would fetch a build of torch for graphics cards. torch comes first,
# with what it needs.
TORCH = "$$(grep '^torch==' requirements-torch.lock)"

RUN = PATH="$$(cd "$(VENV)/bin" && pwd):$$PATH"
# On the cores there are; PYTEST_OPTIONS=-n0 runs the tests one after another.
PYTEST = python -m pytest --numprocesses auto --dist worksteal

.PHONY: addresses help setup setup-dev leaderboard test test-slow test-data extras test-bvel test-torch test-umlip test-interchange check \
	check-history check-workflows site serve test-site lighthouse test-hostile fuzz clean bvel-proto-generate bvel-proto-label \
	bvel-proto-verify

help:  ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP)  ## Install the locked packages into .venv (done once, by the commands below too)

setup-dev: $(DEV_STAMP)  ## Install the locked tools for tests and lint on top

leaderboard: setup  ## Fetch, ingest, score and render: everything from pinned bytes to the site
	@$(RUN) ionladder build

test: setup-dev  ## Run the tests, but not the slow ones; those on the real data skip where the data are not here
	@$(RUN) $(PYTEST) -m "not slow" $(PYTEST_OPTIONS)

# Property tests take ten times as many examples as in `make test`.
test-slow: setup-dev  ## Run the slow tests, those of the extras that are installed, and many examples of each property
	@$(RUN) IONLADDER_KILLS=$${IONLADDER_KILLS:-2} $(PYTEST) --hypothesis-profile many -m "slow or extra or hypothesis" $(PYTEST_OPTIONS)

test-data: setup-dev  ## Run only the tests on the real data
	@$(RUN) $(PYTEST) -m data $(PYTEST_OPTIONS)

extras: setup-dev  ## Install every extra: torch, umlip, bvel, matbench, cluster, s3 and what checks exports
	@$(PIP) $(TORCH)
	@$(PIP) --no-deps -r requirements-torch.lock -r requirements-umlip.lock
	@$(PIP) --no-deps $(foreach extra,bvel matbench croissant cluster s3,$(HASHED) requirements-$(extra).lock)

test-bvel: setup-dev  ## Install the extra bvel and run the tests that hold labels to BVlain
	@$(PIP) --no-deps $(HASHED) requirements-bvel.lock
	@$(RUN) $(PYTEST) tests/unit/data tests/unit/data_raw tests/content/test_bvel_proto_data.py \
		tests/unit/baselines/test_bvse.py $(PYTEST_OPTIONS)

test-umlip: setup-dev  ## Install the extra umlip and run the tests that need CHGNet and SevenNet-0
	@$(PIP) $(TORCH)
	@$(PIP) --no-deps -r requirements-umlip.lock
	@$(RUN) $(PYTEST) tests/unit/baselines/test_umlip.py tests/unit/baselines/test_neb.py \
		tests/contracts/test_baselines.py -k "umlip or features" $(PYTEST_OPTIONS)

test-torch: setup-dev  ## Install the extra torch and train a two-epoch miniature of every graph network
	@$(PIP) $(TORCH)
	@$(PIP) --no-deps -r requirements-torch.lock
	@$(RUN) $(PYTEST) tests/unit/baselines/test_graphs.py tests/unit/baselines/test_train.py \
		tests/unit/baselines/test_networks.py tests/contracts/test_baselines.py src/ionladder/baselines \
		-k "graphs or cgcnn or schnet or painn or m3gnet or so3net" $(PYTEST_OPTIONS)

test-interchange: setup-dev  ## Install matbench, mlcroissant and rocrate and run the tests that hold our files to them
	@$(PIP) --no-deps $(HASHED) requirements-matbench.lock -r requirements-croissant.lock
	@$(RUN) $(PYTEST) tests/unit/interchange tests/unit/site/test_files.py $(PYTEST_OPTIONS)

# Neither axe-core nor Lighthouse is ours to keep: they live in a folder of their own, outside the repository.
test-site: setup-dev  ## Fetch axe-core with npm and run the tests of the built site, axe's among them
	@set -e; tools=$$(mktemp -d); trap 'rm -rf "$$tools"' EXIT; \
	if command -v npm >/dev/null 2>&1 && (cd "$$tools" && npm install --silent --no-save --no-audit --no-fund $(AXE)); then \
		export IONLADDER_AXE="$$tools/node_modules/axe-core" ; \
	else echo "axe-core could not be fetched (is npm here?): its tests will skip" ; fi ; \
	$(RUN) $(PYTEST) tests/integration/test_site_checks.py tests/contracts/test_receipts.py $(PYTEST_OPTIONS)

lighthouse: setup  ## Fetch Lighthouse with npm and hold site/ to its limits (needs Chromium)
	@set -e; tools=$$(mktemp -d); trap 'rm -rf "$$tools"' EXIT; \
	(cd "$$tools" && npm install --silent --no-save --no-audit --no-fund $(LIGHTHOUSE)) ; \
	$(RUN) python benchmarks/lighthouse.py "$$tools/node_modules/.bin/lighthouse"

test-hostile: setup-dev  ## Judge the bad submissions, kill commands 200 times, fill a disk
	@$(RUN) IONLADDER_KILLS=$${IONLADDER_KILLS:-4} $(PYTEST) $(HOSTILE_TESTS) $(PYTEST_OPTIONS)

fuzz: setup-dev  ## Give each parser a minute of atheris, where it is installed (FUZZ_SECONDS=…)
	@$(RUN) PYTHONPATH=tests python -m hostile.fuzz $${FUZZ_SECONDS:-60}

check: setup-dev  ## Lint, formatting, types, import layers
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy
	@$(RUN) lint-imports --no-logo

check-history: setup  ## Fail where a published number changed without a new version since BASE
	@$(RUN) ionladder changes --check $(if $(BASE),--base $(BASE))

# Neither tool is among the locked packages: actionlint is a Go program, zizmor a Rust one (`pip install zizmor`).
check-workflows:  ## Hold .github/workflows to actionlint and zizmor, where they are installed
	@if command -v actionlint >/dev/null 2>&1; then actionlint .github/workflows/*.yml && echo "actionlint: no findings" ; \
	else echo "actionlint is not installed: its check is skipped (https://github.com/rhysd/actionlint)" ; fi
	@if command -v zizmor >/dev/null 2>&1; then zizmor --offline --persona=pedantic --quiet .github/workflows ; \
	else echo "zizmor is not installed: its check is skipped (pip install zizmor)" ; fi

site: setup  ## Render the pages from the recorded scores into site/
	@$(RUN) ionladder site

addresses:  ## Say where this is published: make addresses REPOSITORY=https://… SITE=https://…
	@test -n "$(REPOSITORY)" && test -n "$(SITE)" || { echo "Name both: REPOSITORY=https://… SITE=https://…" >&2; exit 1; }
	@for each in "Homepage|$(SITE)" "Repository|$(REPOSITORY)"; do \
		old=$$(sed -n "s/^$${each%%|*} = \"\(.*\)\"/\1/p" pyproject.toml) ; \
		sed -i.old -e "s|$$old|$${each#*|}|g" -e '/^Addresses at example.org are placeholders/d' pyproject.toml CITATION.cff README.md ; done
	@rm -f pyproject.toml.old CITATION.cff.old README.md.old
	@echo "Then, for Zenodo: ionladder export ionladder --format zenodo --output ."

serve:  ## Show site/ at http://127.0.0.1:8000 (PORT=… for another port)
	@$(RUN) ionladder serve --port $(PORT)

clean:  ## Remove what is generated and cheap to make again; data and .venv stay
	@rm -rf site docs/generated build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "IonLadder needs Python 3.11, 3.12 or 3.13 with its venv module, and found none." \
		"Install one, or name it: make setup PYTHON=/path/to/python3.12" >&2; exit 1; }
	@echo "Setting up $(VENV): the locked packages are fetched and installed. Once only; it takes a minute or a few."
	@"$(VENV)/bin/python" -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear "$(VENV)"
	@command -v uv >/dev/null 2>&1 || $(PIP) $(HASHED) requirements-uv.lock 2>/dev/null || true
	@{ $(call install,$(HASHED) "$(CURDIR)/requirements.lock") && \
		$(call install,--no-deps --no-build-isolation -e "$(CURDIR)"); } || $(cannot_install)
	@touch "$@"

$(DEV_STAMP): requirements-dev.lock $(STAMP)
	@$(call install,--no-deps $(HASHED) "$(CURDIR)/requirements-dev.lock") || $(cannot_install)
	@touch "$@"

bvel-proto-generate: setup  ## Draw the structures of BVEL-proto (three CPU-minutes)
	@$(RUN) python data-raw/bvel_proto/generate.py

bvel-proto-label: setup  ## Label them with BVlain and write the dataset (a quarter of a CPU-hour)
	@$(PIP) --no-deps $(HASHED) requirements-bvel.lock
	@$(RUN) python data-raw/bvel_proto/label.py

bvel-proto-verify: setup  ## Label a sample of the stored structures again and compare; VERIFY=--all draws and labels all
	@$(PIP) --no-deps $(HASHED) requirements-bvel.lock
	@$(RUN) python data-raw/bvel_proto/verify.py $(VERIFY)
