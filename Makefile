# `make help` lists the commands. Everything happens in .venv and build/, which `make clean` removes.
#
#   PYTHON=python3.13   the interpreter that .venv is made from
#   ARGS="-k resize"    passed on to pytest, or to the benchmarks
#   EXTRAS=test,torch   what the tests are run with: torch is a large download, and its tests are skipped without it
#   WERROR=1            compiler warnings are errors, as in CI

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
EXTRAS ?= test
WERROR ?=
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip
PYTEST := $(BIN)/python -m pytest
# The CUDA kernels as the C++ compiler knows them, for tests.
CUDA_HOST ?= ON
CMAKE := PATH="$(CURDIR)/$(BIN):$$PATH" cmake
CTEST := PATH="$(CURDIR)/$(BIN):$$PATH" ctest
# Building in .venv itself, not in an environment that pip makes and removes, keeps the next build incremental.
INSTALL := CMAKE_BUILD_PARALLEL_LEVEL=$(JOBS) $(PIP) install --quiet --no-build-isolation \
	--config-settings=cmake.define.PIXLANE_WERROR=$(if $(WERROR),ON,OFF) \
	--config-settings=cmake.define.PIXLANE_CUDA_HOST=$(CUDA_HOST)
NATIVE := -G Ninja -DPIXLANE_PYTHON=OFF -DPIXLANE_BUILD_TESTS=ON -DPIXLANE_CUDA=OFF
# Sanitizers want assertions, line numbers and honest stacks.
CHECKED := -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g"
# ThreadSanitizer needs its part of the address space; with many random bits the program may sit there already.
NORANDOM := $(shell setarch -R true 2>/dev/null && echo setarch -R)

SOURCES := $(shell find CMakeLists.txt pyproject.toml cmake cpp cuda python -type f \
	! -path '*/__pycache__/*' ! -path 'cpp/tests/*' 2>/dev/null)

.PHONY: help demo test test-default test-sample test-full test-isas test-sanitized bench docs lint sanitize asan tsan neon gpu clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

# ---- the environment

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "pixlane needs Python 3.11 or later: make PYTHON=python3.13 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.tools: $(BIN)/python
	$(PIP) install --quiet "pip>=24" "cmake>=3.24" "ninja>=1.11" "scikit-build-core>=0.11" "pybind11>=3.0"
	touch $@

# .venv/.have-test stands for pixlane as it stands now, with its extra `test`.
$(VENV)/.have-%: $(VENV)/.tools $(SOURCES)
	$(INSTALL) ".[$*]"
	touch $@

# ---- the commands

demo: $(VENV)/.have-demo  ## photographs through every filter, timed against whichever peers are installed: demo/index.html
	$(BIN)/pixlane demo $(ARGS)

test: test-default test-sample sanitize  ## what CI runs: the suite, a sample per instruction set, sanitizers

test-default: $(VENV)/.have-$(EXTRAS)
	$(PYTEST) -m "not full" $(ARGS)

# Asks the package which instruction sets this machine can run besides the default one.
OTHER_ISAS = $$($(BIN)/python -c 'import pixlane as px; i = px.info(); print(*[n for n in i["isa_available"] if n != i["isa"]])')

test-sample: $(VENV)/.have-$(EXTRAS)
	for isa in $(OTHER_ISAS); do echo "PIXLANE_ISA=$$isa"; PIXLANE_ISA=$$isa $(PYTEST) -q -m sample $(ARGS); done
	for backend in reference cuda_host; do \
		echo "PIXLANE_BACKEND=$$backend"; PIXLANE_BACKEND=$$backend $(PYTEST) -q -m sample $(ARGS); done

test-full: test-isas test-sanitized sanitize neon  ## everything everywhere: each instruction set, reference, sanitizers, NEON

test-isas: $(VENV)/.have-$(EXTRAS)
	$(PYTEST) $(ARGS)
	for isa in $(OTHER_ISAS); do echo "PIXLANE_ISA=$$isa"; PIXLANE_ISA=$$isa $(PYTEST) -q $(ARGS); done
	for backend in reference cuda_host; do \
		echo "PIXLANE_BACKEND=$$backend"; PIXLANE_BACKEND=$$backend $(PYTEST) -q $(ARGS); done

# The Python suite over a core with AddressSanitizer and UndefinedBehaviorSanitizer. libstdc++ is preloaded beside libasan, or
# the first C++ exception aborts: libasan looks for __cxa_throw before pybind11 has brought it in. CPython itself leaks.
test-sanitized: $(VENV)/.have-$(EXTRAS)
	CXX=g++ $(INSTALL) --no-deps --upgrade --target=build/asan-site --config-settings=build-dir=build/asan-python \
		--config-settings=cmake.define.PIXLANE_SANITIZE=address,undefined --config-settings=install.strip=false \
		--config-settings=cmake.build-type=Debug --config-settings=cmake.define.CMAKE_CXX_FLAGS_DEBUG="-O1 -g" .
	PYTHONPATH=build/asan-site LD_PRELOAD="$$(g++ -print-file-name=libasan.so) $$(g++ -print-file-name=libstdc++.so)" \
		ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1 \
		$(PYTEST) -q -m "not full" -p no:faulthandler $(ARGS)

sanitize: asan tsan  ## native tests under AddressSanitizer + UndefinedBehaviorSanitizer, the thread pool under ThreadSanitizer

asan: $(VENV)/.tools
	$(CMAKE) -B build/asan $(NATIVE) $(CHECKED) -DPIXLANE_SANITIZE=address,undefined -DPIXLANE_CUDA_HOST=ON \
		--log-level=WARNING
	$(CMAKE) --build build/asan -j $(JOBS)
	ASAN_OPTIONS=allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1 \
		$(CTEST) --test-dir build/asan --output-on-failure --no-tests=error

tsan: $(VENV)/.tools
	$(CMAKE) -B build/tsan $(NATIVE) $(CHECKED) -DPIXLANE_SANITIZE=thread --log-level=WARNING
	$(CMAKE) --build build/tsan -j $(JOBS) --target test_parallel
	PATH="$(CURDIR)/$(BIN):$$PATH" $(NORANDOM) ctest --test-dir build/tsan -R parallel --output-on-failure --no-tests=error

neon: $(VENV)/.tools  ## native tests cross-compiled for AArch64, under qemu-user; its results are this machine's, byte for byte
	for tool in aarch64-linux-gnu-g++ qemu-aarch64; do \
		command -v $$tool >/dev/null && continue; \
		[ "$$(id -u)" = 0 ] || { echo "neon: $$tool is missing: apt-get install g++-aarch64-linux-gnu qemu-user"; exit 1; }; \
		apt-get update -qq; \
		DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends g++-aarch64-linux-gnu qemu-user; break; \
	done
	$(CMAKE) -B build/neon $(NATIVE) --toolchain cmake/aarch64-linux-gnu.cmake --log-level=WARNING
	$(CMAKE) --build build/neon -j $(JOBS)
	$(CTEST) --test-dir build/neon --output-on-failure --no-tests=error
	$(CMAKE) -B build/host $(NATIVE) --log-level=WARNING
	$(CMAKE) --build build/host -j $(JOBS) --target test_ops
	build/host/cpp/tests/test_ops build/host/results
	qemu-aarch64 -L /usr/aarch64-linux-gnu build/neon/cpp/tests/test_ops build/neon/results
	cmp build/host/results build/neon/results

bench: $(VENV)/.have-bench  ## every row against its fastest peer; ratios, GB/s, JSON in bench/results
	$(PIP) install --quiet --no-deps torchvision==0.28.0
	[ -e build/pillow-simd ] || $(BIN)/python -m bench.peers.pillow_simd --install build/pillow-simd || echo "without pillow-simd"
	$(BIN)/python -m bench $(ARGS)

docs: $(VENV)/.have-docs  ## pages from the docstrings, in docs/_build/html
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

lint: $(VENV)/.have-dev  ## ruff, mypy --strict, clang-format
	$(BIN)/ruff check .
	$(BIN)/clang-format --dry-run --Werror $$(git ls-files "cpp/*.cpp" "cpp/*.h" "cuda/*.cpp" "cuda/*.h" "cuda/*.cu" "cuda/*.cuh")
	$(BIN)/mypy

gpu:  ## on a machine with a GPU: builds, tests and benchmarks the CUDA backend with what is installed; a report in bench/results
	$(PYTHON) -m bench.gpu $(ARGS)

clean:  ## remove .venv and everything built
	rm -rf $(VENV) build demo docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis
