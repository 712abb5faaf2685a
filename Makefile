# Two commands matter: `make run` and `make test`. Both set everything up first.
VENV := .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?= -n 2 -q

NATIVE := $(wildcard */native/*.[ch] */native/*/*.[ch] driver/launcher/*.[ch] \
	runtime_support/stress/*.c)
GRAMMAR := $(wildcard frontend/grammar/*)

# Variables of the caller that would change what the tests see.
unexport PYTHONDONTWRITEBYTECODE PYTHONUNBUFFERED PYTHONPATH PYTHONHOME

.PHONY: run test setup lint types layers docs unit faults-artifacts wheel-test bench-startup conformance-reference conformance-runtime \
	conformance-programs conformance-packages clean

run: setup
	$(BIN)/python tests/programs/black_on_a_tree.py

test: lint types layers docs unit

setup: $(VENV)/ready

$(VENV)/tools: pyproject.toml .ci/find-python
	python=$$(.ci/find-python) && "$$python" -m venv $(VENV)
	$(BIN)/pip install -q --upgrade "pip>=25.1"
	$(BIN)/pip install -q --group dev --group docs
	$(BIN)/pip install -q --no-binary black --group programs
	touch $@

$(VENV)/ready: $(VENV)/tools $(NATIVE) $(GRAMMAR) driver/native_build.py \
		driver/launcher_build.py driver/commands.py
	$(BIN)/pip install -q --no-build-isolation -e .
	touch $@

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

layers: setup
	$(BIN)/lint-imports

docs: setup
	$(BIN)/python -m tests.native.opcode_matrix > docs/native/opcodes.md
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html

unit: setup
	$(BIN)/python -m pytest $(PYTEST_ARGS)

# The guest suite on a wheel, built from the source distribution as pip would build it.
WHEEL_TEST := build/wheel-test
wheel-test: setup
	rm -rf $(WHEEL_TEST)
	$(BIN)/python -m build --outdir $(WHEEL_TEST)/dist .
	$(BIN)/python -m venv $(WHEEL_TEST)/venv
	$(WHEEL_TEST)/venv/bin/pip install -q $(WHEEL_TEST)/dist/*.whl
	DX_TEST_LAUNCHER=$(CURDIR)/$(WHEEL_TEST)/venv/bin/dx-py \
		$(BIN)/python -m pytest $(PYTEST_ARGS) tests/launcher

# Both need clang.
.PHONY: conformance-diagnostics conformance-trees fuzz-diagnostics
.PHONY: fuzz-launcher sanitize-launcher
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -g
LAUNCHER_FUZZ := tests/launcher/fuzz
FUZZ_SECONDS ?= 60
fuzz-launcher: setup
	rm -rf build/fuzz-launcher && mkdir -p build/fuzz-launcher
	$(BIN)/python -c 'from dx_py.driver.launcher_build import commands_header as h; print(h())' \
		> build/fuzz-launcher/dx_commands.h
	clang -std=gnu11 -O1 $(SANITIZE) -fsanitize=fuzzer -Idriver/launcher -Ibuild/fuzz-launcher \
		$(wildcard $(LAUNCHER_FUZZ)/*.c) -o build/fuzz-launcher/parse \
		$(addprefix driver/launcher/,command_line.c files.c nearest.c text.c)
	cd build/fuzz-launcher && mkdir corpus && ./parse corpus \
		-dict=$(CURDIR)/$(LAUNCHER_FUZZ)/words.dict -max_total_time=$(FUZZ_SECONDS) \
		-rss_limit_mb=0 -print_final_stats=1

sanitize-launcher: wheel-test
	CC=clang $(BIN)/python -c 'from pathlib import Path; \
		from dx_py.driver.launcher_build import build_launcher as build; \
		build(Path("$(WHEEL_TEST)/venv/bin/dx-py"), Path("build/sanitize"), \
		flags="$(SANITIZE)".split(), extra=["$(LAUNCHER_FUZZ)/sanitizer_options.c"])'
	DX_TEST_LAUNCHER=$(CURDIR)/$(WHEEL_TEST)/venv/bin/dx-py \
		$(BIN)/python -m pytest $(PYTEST_ARGS) tests/launcher

# The guest suite with every module through our own compiler.
.PHONY: conformance-launcher
conformance-launcher: setup
	DX_TEST_COMPILE=all $(BIN)/python -m pytest $(PYTEST_ARGS) tests/launcher/test_guest.py

# Popular packages from the real index: installed by dx-py, imported under it.
.PHONY: conformance-index
conformance-index: setup
	$(BIN)/python tests/programs/real_index.py

bench-startup: wheel-test
	$(BIN)/python bench/startup/startup.py $(WHEEL_TEST)/venv/bin/dx-py 300

# Kills, damage and full disks, by the hundred; `make test` runs a sample.
faults-artifacts: setup
	DX_FAULT_RUNS=500 $(BIN)/python -m pytest -q -n 2 tests/driver/test_faults.py \
		tests/runtime_support/test_faults.py

# Scratch space of the long suites: environments, stores and logs.
SCRATCH ?= /tmp/dx-py-conformance

# CPython's own tests under --compile=all, then with compile, exec and eval routed too; hours.
# What was interrupted goes on: `make conformance-runtime RESUME=--resume`.
conformance-runtime: setup
	nice $(BIN)/python tests/programs/cpython_tests.py $(RESUME) $(SCRATCH)/cpython
	nice $(BIN)/python tests/programs/cpython_tests.py $(RESUME) --stress \
		$(SCRATCH)/cpython-stress

# The same with native code of what is hot, and of all that can have it.
.PHONY: conformance-native
conformance-native: setup
	nice $(BIN)/python tests/programs/cpython_tests.py $(RESUME) --jit 1 \
		$(SCRATCH)/cpython-native
	nice $(BIN)/python tests/programs/cpython_tests.py $(RESUME) --jit sync \
		$(SCRATCH)/cpython-native-sync

# How much of that runs natively, once it has passed; hours.
.PHONY: native-share
native-share: setup
	nice $(BIN)/python tests/programs/native_share.py $(SCRATCH)/cpython-native-sync

# The same with guards that fail once in 50 times, at random.
.PHONY: conformance-native-guards
conformance-native-guards: setup
	nice $(BIN)/python tests/programs/cpython_tests.py $(RESUME) --jit sync --guards 50 \
		$(SCRATCH)/cpython-native-guards

conformance-programs: setup
	nice $(BIN)/python tests/programs/real_programs.py $(SCRATCH)/programs

conformance-packages: setup
	nice $(BIN)/python tests/programs/top_packages.py $(SCRATCH)/packages \
		tests/programs/top_packages.txt

# Three parsers on one grammar over the whole library; ten minutes.
conformance-reference: setup
	$(BIN)/python tests/frontend/conformance/reference.py

# Code objects of whole folders against the host's: the library takes two minutes.
.PHONY: conformance-code
CODE_PATHS ?= $$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
conformance-code: setup
	nice $(BIN)/python -m tests.lowering.conformance $(CODE_PATHS)

# Random programs against the host's code.
.PHONY: fuzz-code
fuzz-code: setup
	DX_CODE_EXAMPLES=10000 nice $(BIN)/python -m pytest -q tests/lowering/test_generated_programs.py

# Random programs through the host's compile, our bytecode and our machine code.
.PHONY: fuzz-behaviour
fuzz-behaviour: setup
	DX_BEHAVIOUR=$(or $(COUNT),10000) nice $(BIN)/python -m pytest -q -n 2 \
		tests/native/test_three_ways.py

# Every refusal that CPython's tests provoke, in each attribute; two minutes.
conformance-diagnostics: setup
	$(BIN)/python -m pytest -q -s tests/frontend/conformance/diagnostics.py

# Refusals of mutants of the library, in each attribute; a minute.
SEED ?= 1
fuzz-diagnostics: setup
	$(BIN)/python -m tests.frontend.conformance.mutants $(SEED) 20000

# Symbol tables, compile-time verdicts and round trips of the library and its tests; four minutes.
conformance-trees: setup
	$(BIN)/python -m pytest -q -n 2 tests/frontend/conformance/trees.py

# The front end against the host: its whole library; mutants; the C code under sanitizers.
FE_BUILD := build/frontend
FE_NATIVE := $(wildcard frontend/native/*.c)
FE_SANITIZE := -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FE_COUNT ?= 100000
FE_SEED ?= 1
FE_SECONDS ?= 3600

# A folder of packages; made from the list of the popular ones if it is not there.
SITE ?= $(SCRATCH)/site-packages

.PHONY: conformance-frontend conformance-snippets hostile-frontend fuzz-frontend \
	fuzz-frontend-coverage sanitize-frontend bench-frontend

# Trees, artifacts and round trips of the host's library, and of packages; fifteen minutes.
conformance-frontend: setup $(SITE)
	nice $(BIN)/python -m tests.frontend.conformance.library
	nice $(BIN)/python -m tests.frontend.conformance.library $(SITE)

$(SITE):
	$(BIN)/pip install -q --target $@ -r tests/programs/top_packages.txt || (rm -rf $@; exit 1)

# What CPython's tests compile and quote, in four modes; a minute.
conformance-snippets: setup
	nice $(BIN)/python -m tests.frontend.conformance.snippets

# Mutated and random bytes, deep nesting, long lines, NULs, bad encodings; three minutes.
hostile-frontend: setup
	nice $(BIN)/python -m tests.frontend.conformance.hostile $(FE_COUNT) $(FE_SEED)

fuzz-frontend: setup
	$(BIN)/python -m tests.frontend.token_mutants --count $(FE_COUNT) --seed $(FE_SEED)

$(FE_BUILD)/generated: setup
	mkdir -p $@
	$(BIN)/python -c "from pathlib import Path; from dx_py.frontend.grammar.generate import \
		generate; generate(Path('$@'))"

fuzz-frontend-coverage: $(FE_BUILD)/generated
	clang -std=gnu11 $(FE_SANITIZE) -fsanitize=fuzzer -Ifrontend/native -I$< \
		-o $(FE_BUILD)/fuzz_parse $(FE_NATIVE) tests/frontend/native/fuzz_parse.c
	$(BIN)/python -m tests.frontend.native.seed_corpus $(FE_BUILD)/seeds
	mkdir -p $(FE_BUILD)/corpus
	$(FE_BUILD)/fuzz_parse -max_total_time=$(FE_SECONDS) -max_len=4096 -timeout=20 \
		-rss_limit_mb=1024 -print_final_stats=1 -verbosity=0 \
		-artifact_prefix=$(FE_BUILD)/ $(FE_BUILD)/corpus $(FE_BUILD)/seeds

sanitize-frontend: $(FE_BUILD)/generated
	clang -std=gnu11 $(FE_SANITIZE) -shared -fPIC -shared-libasan -Ifrontend/native -I$< \
		$$($(BIN)/python -c "import sysconfig; print('-I' + sysconfig.get_path('include'))") \
		-o $(FE_BUILD)/_ast.so $(FE_NATIVE) $(wildcard frontend/native/python/*.c)
	LD_PRELOAD=$$(clang -print-file-name=libclang_rt.asan-$$(uname -m).so) \
		ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc \
		$(BIN)/python -m tests.frontend.native.sanitized $(FE_BUILD)/_ast.so

bench-frontend: setup
	$(BIN)/python -m bench.frontend.parse

# Slow, endless, huge and broken answers, archives and sdists that mean harm, 115,000 mutants.
.PHONY: hostile-pkg
hostile-pkg: setup
	DX_PKG_HOSTILE=10 nice $(BIN)/python -m pytest -q tests/pkg/test_hostile_answers.py \
		tests/pkg/test_hostile_archives.py tests/pkg/test_index_server.py \
		tests/pkg/test_building.py

# What others do to an environment between two syncs, beside `uv sync`; needs UV.
.PHONY: conformance-pkg-outside
conformance-pkg-outside: setup
	UV=$(UV) nice $(BIN)/python -m pytest -q -rP tests/pkg/test_outside_changes.py
	nice $(BIN)/python -m pytest -q tests/pkg/test_commands.py

# 300 kills a command, full disks, two at once, undo.
.PHONY: faults-pkg
faults-pkg: setup
	DX_PKG_KILLS=300 nice $(BIN)/python -m pytest -q -n 2 tests/pkg/test_transactions.py \
		tests/pkg/test_faults.py

# pypiserver behind TLS with passwords, and the real keyring program; they come from the index.
.PHONY: conformance-pkg-index
conformance-pkg-index: setup $(SCRATCH)/pypiserver
	DX_PKG_PYPISERVER=$(SCRATCH)/pypiserver nice $(BIN)/python -m pytest -q \
		tests/pkg/conformance/private_index.py

$(SCRATCH)/pypiserver:
	$(BIN)/python -m venv $@
	$@/bin/pip install -q pypiserver passlib keyring keyrings.alt || (rm -rf $@; exit 1)

# The 1,000 most downloaded (NAMES, one a line) resolved, installed and imported, and sdists of
# many back ends built; what fails is tried by UV. Hours; goes on where it was cut short, and tries
# only what tests/pkg/data/popular.jsonl has no outcome of.
.PHONY: conformance-pkg-popular
JOBS ?= 2
conformance-pkg-popular: setup
	nice $(BIN)/python tests/pkg/conformance/popular.py --uv $(UV) --names $(NAMES) \
		--jobs $(JOBS) --results build/popular --known tests/pkg/data/popular.jsonl
	nice $(BIN)/python tests/pkg/conformance/popular.py --uv $(UV) --sdists --jobs $(JOBS) \
		--names tests/pkg/data/sdists.txt --results build/sdists \
		--known tests/pkg/data/built-sdists.jsonl

.PHONY: conformance-pkg
# The real index beside uv ($UV or PATH), 5,000 random instances, 300 kills; needs the network.
conformance-pkg: setup
	DX_PKG_INSTANCES=5000 DX_PKG_KILLS=300 DX_PKG_LONG=1 $(BIN)/python -m pytest -q -n 2 \
		tests/pkg/test_resolver.py tests/pkg/test_resolvelib_cases.py \
		tests/pkg/test_packse.py tests/pkg/test_universal.py \
		tests/pkg/test_transactions.py tests/pkg/test_faults.py \
		tests/pkg/conformance/real_index.py tests/pkg/conformance/editable.py

# 100 sets of popular packages (NAMES, one a line) against `uv pip compile`; needs the network and
# UV. What it found is kept in build/sets, so it goes on where it was cut short.
.PHONY: conformance-pkg-sets
conformance-pkg-sets: setup
	nice $(BIN)/python tests/pkg/conformance/sets_against_uv.py --uv $(UV) --names $(NAMES) --jobs $(JOBS) \
		--results build/sets

# The C code of the package manager under AddressSanitizer and UBSan, in the process of its tests.
.PHONY: sanitize-pkg
PKG_SANITIZED := build/sanitize-pkg
sanitize-pkg: setup
	mkdir -p $(PKG_SANITIZED)
	$(BIN)/python tests/pkg/sanitized_build.py $(PKG_SANITIZED)
	LD_PRELOAD="$$(cc -print-file-name=libasan.so) $$(cc -print-file-name=libubsan.so)" \
		ASAN_OPTIONS=detect_leaks=0 DX_PKG_NATIVE=$(PKG_SANITIZED) \
		$(BIN)/python -m pytest -q -p no:cacheprovider tests/pkg/test_native.py \
		tests/pkg/test_answers.py tests/pkg/test_venv.py tests/pkg/test_install.py \
		tests/pkg/test_hostile_archives.py tests/pkg/test_transactions.py

clean:
	rm -rf $(VENV) build dist *.egg-info

.PHONY: conformance-testrun bench-testrun

# Whole suites from PyPI, the plug-in matrix and coverage figures, against plain pytest.
SUITES ?= /tmp/dx-suites
MATRIX = $(SUITES)/plugins
conformance-testrun: setup
	$(BIN)/python bench/test/conformance.py --root $(SUITES)
	$(BIN)/python bench/test/coverage_figures.py --root $(SUITES)
	$(BIN)/python -m venv $(MATRIX)
	$(MATRIX)/bin/pip install -q -r bench/test/plugins.txt
	$(BIN)/python bench/test/plugin_matrix.py --python $(MATRIX)/bin/python --page docs/test/plugins.md

# Ids from source against pytest's own; random edits between collections.
.PHONY: conformance-discovery
conformance-discovery: setup
	$(BIN)/python bench/test/exactness.py --root $(SUITES)
	DX_EDITS=30 $(BIN)/python -m pytest -q tests/testrun/test_invalidation.py

bench-testrun: setup
	$(BIN)/python bench/test/compare.py discovery --root $(SUITES)
	$(BIN)/python bench/test/compare.py runs --root $(SUITES)

# Random functions, natively and interpreted, with guards that fail at random.
.PHONY: fuzz-native
fuzz-native: setup
	DX_FUZZ=$(or $(COUNT),2500) $(BIN)/python -m pytest -q -n 2 tests/native/test_fuzz.py \
		tests/native/test_fuzz_objects.py

# Popular C extensions, from the real index, each with one operation natively and interpreted.
.PHONY: conformance-extensions
conformance-extensions: setup
	nice $(BIN)/python tests/programs/extensions.py $(SCRATCH)/extensions

# numpy's and pandas' own tests, with native code of what is hot and of all that can have it.
.PHONY: conformance-numpy
conformance-numpy: setup
	nice $(BIN)/python tests/programs/array_tests.py $(RESUME) $(SCRATCH)/arrays
	nice $(BIN)/python tests/programs/array_tests.py $(RESUME) --jit sync $(SCRATCH)/arrays

# Real programs from start to end, by python and by dx-py with native code.
.PHONY: bench-scripts
bench-scripts: setup
	$(BIN)/python bench/runtime/scripts.py $(SCRATCH)/scripts

# SSA interpreted before and after each pass, in many programs.
.PHONY: fuzz-ssa
fuzz-ssa: setup
	DX_REFERENCE=$(or $(COUNT),1000) nice $(BIN)/python -m pytest -q tests/native/test_reference.py

# Every byte of native code in the store damaged, 200 workers killed; `make test` has a sample.
.PHONY: faults-native
faults-native: setup
	DX_FAULT_BYTES=100000 DX_FAULT_RUNS=200 nice $(BIN)/python -m pytest -q -n 2 \
		tests/native/test_native_store.py tests/native/test_worker_faults.py

# The native tier's suite with a core that checks its assertions and undefined behaviour.
.PHONY: assert-native
assert-native: setup
	nice $(BIN)/python tests/native/checked_core.py $(PYTEST_ARGS) tests/ir tests/native
