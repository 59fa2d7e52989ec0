# The front door: `make` alone lists what there is. It needs make and python3 (3.11 or newer) and nothing else; each
# target installs what it needs from requirements/ into .venv when it first runs, and again when the pins have changed.

PYTHON ?= python3
ARGS ?=
MINUTES ?= 5
MUTATIONS ?= 1000000
export PYTHONS

# The sets are complete and pinned by hash: pip resolves nothing, compiles nothing, and installs nothing unpinned.
INSTALL = -m pip install -qq --disable-pip-version-check --require-hashes --no-deps --only-binary :all:
EDITABLE = -m pip install -qq --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable
SAM = SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-us-east-1} .venv-sam/bin/python -m samcli
RUNTIME = $(shell sed -n 's/^ *Runtime: python//p' template.yaml)

# One resolution, check.txt, holds everything; the other sets are cut from it, so that no two of them disagree.
COMPILE = .venv-lock/bin/python -m uv pip compile --quiet --universal --generate-hashes --only-binary :all: \
	--no-annotate --custom-compile-command "make lock" $(ARGS)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.SUFFIXES:

.PHONY: help
help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: .venv/demo.installed ## Run a story, then serve its dashboard (SERVE=0 does not); ARGS="..." passes options on
	@.venv/bin/ses-reputation demo $(if $(SERVE),$(if $(filter 0,$(SERVE)),--no-serve,--serve)) $(ARGS)

.PHONY: test
test: .venv/test.installed ## Run the tests; ARGS="-k window" passes options on
	@.venv/bin/python -m pytest --numprocesses auto --dist worksteal $(ARGS)

.PHONY: browser
browser: .venv/browser.installed ## Look at the dashboard in a real browser; pictures of every page go to build/screenshots
	@.venv/bin/python tests/browser/prepare.py
	@.venv/bin/python -m pytest --show-capture=no tests/browser $(ARGS)

.PHONY: pictures
pictures: .venv/browser.installed ## Take the pictures of README and docs/ anew, with the same browser
	@.venv/bin/python tests/browser/prepare.py
	@.venv/bin/python tests/browser/take_pictures.py

.PHONY: soak
soak: .venv/test.installed ## Random mail and faults through the real handlers, against a model, for MINUTES=5
	@.venv/bin/python -m tests.soak --minutes $(MINUTES) $(ARGS)

.PHONY: fuzz
fuzz: .venv/test.installed ## Mutated events through the parser, MUTATIONS=1000000 of them
	@.venv/bin/python -m tests.fuzz --mutations $(MUTATIONS) $(ARGS)

.PHONY: engine
engine: .venv/test.installed .venv-engine/installed build build/engine/python ## The built application on a second engine, MiniStack
	@.venv/bin/python -m pytest tests/engine $(ARGS)

.PHONY: runtime
runtime: .venv/test.installed .venv-engine/installed build build/engine/python ## The built handlers under Lambda's own runtime client
	@.venv/bin/python -m pytest tests/runtime $(ARGS)

.PHONY: breakages
breakages: .venv/test.installed ## Break the code on purpose, once for each promise, and see a test fail
	@.venv/bin/python -m tests.breakages.try_them $(ARGS)

.PHONY: extend
extend: .venv/test.installed ## Make the changes that docs/extending.md shows, in copies of the project, and test them
	@.venv/bin/python -m tests.extensions.try_them $(ARGS)

.PHONY: audit
audit: .venv/test.installed .venv-audit/installed ## Check the template's security and the packages; see docs/reliability.md
	@.venv/bin/python -m pytest tests/audit $(ARGS)
	@.venv/bin/python -m tests.audit.vulnerabilities || [ $$? -eq 3 ]  # 3: without network nobody can be asked

.PHONY: coverage
coverage: .venv/measure.installed ## Measure which branches the tests take, ARGS=core only those of the core
	@.venv/bin/python -m tests.measure.cover $(ARGS)

.PHONY: mutants
mutants: .venv/measure.installed ## Change the core in small ways, and see tests fail; ARGS="rates counting" some modules
	@.venv/bin/python -m tests.measure.mutate $(ARGS)

.PHONY: bench
bench: .venv/test.installed .venv-engine/installed build build/engine/python ## Measure speed and costs beside what others would write; ARGS="ingest" one part
	@.venv/bin/python -m benchmarks $(ARGS)

.PHONY: docs
docs: .venv/demo.installed ## Write the generated parts of docs/ anew
	@.venv/bin/python docs/generate.py $(ARGS)

.PHONY: site
site: .venv/test.installed .venv-site/installed ## Make the documentation a site in build/site, its commands tried; ARGS=serve shows it
	$(if $(ARGS),,@.venv/bin/python -m pytest tests/site)
	@NO_MKDOCS_2_WARNING=1 .venv-site/bin/python -m mkdocs $(or $(ARGS),build --strict)

.PHONY: released
released: .venv/test.installed ## Keep what this version writes, for tests of upgrades: tests/released
	@.venv/bin/python -m tests.released.keep

.PHONY: release
release: .venv/demo.installed ## Check, build, commit and tag VERSION=0.2.0 here; ARGS=--dry-run only says what it would do
	@.venv/bin/python -m release $(VERSION) $(ARGS)

.PHONY: check
check: lint types template build ## Run lint, types, template and build

.PHONY: lint
lint: .venv/check.installed ## Check style and format
	.venv/bin/python -m ruff check
	.venv/bin/python -m ruff format --check

.PHONY: types
types: .venv/check.installed ## Check types
	.venv/bin/python -m mypy

.PHONY: template
template: .venv/check.installed .venv-sam/installed ## Check template.yaml
	.venv/bin/cfn-lint template.yaml encryption-key.yaml examples/*/template.yaml
	$(SAM) validate --lint

.PHONY: build
build: .venv/demo.installed .venv-sam/installed ## Build what is deployed into .aws-sam, and check that Lambda can import it
	PATH="$(CURDIR)/.venv-sam/bin:$$PATH" $(SAM) build
	.venv/bin/python .ci/check_build.py

.PHONY: package
package: build ## Pack what is deployed, for people without the SAM CLI, and the command, into build/dist; see docs/releases.md
	@.venv/bin/python -m release.sam_package
	@$(BUILD_WHEEL)

.PHONY: wheel
wheel: .venv/test.installed ## Build the command's wheel, and try it in environments of its own; PYTHONS="python3.13 ..." of these
	@$(BUILD_WHEEL)
	@.venv/bin/python -m pytest tests/wheel $(ARGS)

# Without a build environment, for which pip would fetch what nothing pins: .venv has the build backend.
BUILD_WHEEL = rm -rf build/dist/ses_reputation-* && .venv/bin/python -m hatchling build --directory build/dist

# The dependencies layer, for this machine's processor and Python instead of Lambda's.
build/engine/python: layers/dependencies/requirements.txt .venv-engine/installed
	@rm -rf $@
	@.venv-engine/bin/python $(INSTALL) --target $@ --requirement $< || $(INSTALL_FAILED)
	@touch $@

.PHONY: lock
lock: .venv-lock/installed ## Pin requirements anew after a change in pyproject.toml; ARGS=--upgrade takes newer versions
	$(COMPILE) pyproject.toml --extra local --group build --group functions --group test --group browser --group measure \
		--group check --python-version 3.11 --constraints requirements/constraints.txt --output-file requirements/check.txt
	$(COMPILE) pyproject.toml --extra local --group build --group test \
		--python-version 3.11 --constraints requirements/check.txt --output-file requirements/test.txt
	$(COMPILE) pyproject.toml --extra local --group build --group test --group browser \
		--python-version 3.11 --constraints requirements/check.txt --output-file requirements/browser.txt
	$(COMPILE) pyproject.toml --extra local --group build --group test --group measure \
		--python-version 3.11 --constraints requirements/check.txt --output-file requirements/measure.txt
	$(COMPILE) pyproject.toml --extra local --group build \
		--python-version 3.11 --constraints requirements/check.txt --output-file requirements/demo.txt
	$(COMPILE) pyproject.toml \
		--python-version 3.11 --constraints requirements/check.txt --output-file requirements/cli.txt
	$(COMPILE) --group functions \
		--python-version $(RUNTIME) --constraints requirements/check.txt --output-file layers/dependencies/requirements.txt
	$(COMPILE) --group sam \
		--python-version 3.11 --constraints requirements/constraints.txt --output-file requirements/sam.txt
	$(COMPILE) --group engine \
		--python-version 3.11 --constraints requirements/constraints.txt --output-file requirements/engine.txt
	$(COMPILE) --group audit \
		--python-version 3.11 --constraints requirements/constraints.txt --output-file requirements/audit.txt
	$(COMPILE) --group site \
		--python-version 3.11 --constraints requirements/constraints.txt --output-file requirements/site.txt
	$(COMPILE) --group lock --python-version 3.11 --output-file requirements/lock.txt

.PHONY: clean
clean: ## Delete everything that the other targets made
	rm -rf .venv .venv-sam .venv-lock .venv-engine .venv-audit .venv-site .aws-sam build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -type d -name __pycache__ -prune -exec rm -rf {} +

# -- Virtual environments ----------------------------------------------------------------------------------------------
# .venv for the project; .venv-sam for the SAM CLI, .venv-engine for MiniStack and .venv-audit for checkov, which pin packages
# that the project has newer; .venv-site for MkDocs; .venv-lock for uv.

.venv/%.installed: requirements/%.txt pyproject.toml .venv/bin/python
	@echo "Installing requirements/$*.txt into .venv ..."
	@.venv/bin/python $(INSTALL) --requirement $< || $(INSTALL_FAILED)
	@.venv/bin/python $(EDITABLE) .
	@touch $@

.venv-sam/installed .venv-lock/installed .venv-engine/installed .venv-audit/installed .venv-site/installed: .venv-%/installed: requirements/%.txt .venv-%/bin/python
	@echo "Installing $< into $(@D) ..."
	@$(@D)/bin/python $(INSTALL) --requirement $< || $(INSTALL_FAILED)
	@touch $@

INSTALL_FAILED = { echo "If a package has no wheel for this Python, try another: make PYTHON=python3.13 ..." >&2; exit 1; }

# .venv is tied to its folder, so a moved or copied tree makes a new one; asking for another PYTHON does so too.
ifneq ($(shell cat .venv/made-in 2>/dev/null),$(CURDIR))
.PHONY: .venv/bin/python
else ifneq ($(origin PYTHON),file)
ifneq ($(shell cat .venv/made-with 2>/dev/null),$(PYTHON))
.PHONY: .venv/bin/python
endif
endif

.venv/bin/python .venv-sam/bin/python .venv-lock/bin/python .venv-engine/bin/python .venv-audit/bin/python .venv-site/bin/python: %/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here. $(WANTED)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is $$($(PYTHON) --version 2>&1), which is too old. $(WANTED)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) lacks venv. On Debian and Ubuntu: apt install python3-venv. $(WANTED)" >&2; exit 1; }
	@echo "Creating $* with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv --clear $*
	@printf '%s' '$(CURDIR)' > $*/made-in
	@printf '%s' '$(PYTHON)' > $*/made-with

WANTED = Python 3.11 or newer is needed; name one that you have: make PYTHON=/path/to/python3 ...
