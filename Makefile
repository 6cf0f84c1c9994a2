# `make` says what can be done here.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help test lint docs readme wasm set-up wheels python-test bench bench-quick soak fuzz mutations doc

CARGO ?= cargo
WASM := wasm32-unknown-unknown
# A process for each test where cargo-nextest is installed, cargo's own runner where it is not.
NEXTEST := $(shell $(CARGO) nextest --version >/dev/null 2>&1 && echo yes)
# As in the set-up scripts: a relative directory counts from here.
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
PYTHON_VENV := $(TARGET)/python-venv
WHEELS := $(TARGET)/wheels
# Panics name source files; they need not name where they lay.
REMAP := $(foreach path,$(CURDIR) $(or $(CARGO_HOME),$(HOME)/.cargo),--remap-path-prefix=$(path)=)
RUN_TESTS := $(CARGO) $(if $(NEXTEST),nextest run --no-fail-fast,test --no-fail-fast --tests)

help: ## say what can be done
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

test: lint docs readme wasm set-up ## run every check and every test, and set up what they need
	$(RUN_TESTS) --workspace
	$(MAKE) --no-print-directory python-test

lint: ## check formatting and lints
	@$(CARGO) fmt --version >/dev/null 2>&1 || rustup component add rustfmt
	@$(CARGO) clippy --version >/dev/null 2>&1 || rustup component add clippy
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- --deny warnings
	for features in "" tokio blocking; do $(CARGO) clippy --package yamabiko-compiler-fixtures --no-default-features --features "$$features" -- --deny warnings; done
	for features in "" tokio blocking tokio,blocking tls tokio,tls blocking,tls tokio,blocking,tls; do $(CARGO) clippy --package yamabiko --no-default-features --features "$$features" -- --deny warnings; done

docs: ## run the examples in the documentation, and check its links
	$(CARGO) test --workspace --doc --quiet
	RUSTDOCFLAGS="--deny warnings" $(CARGO) doc --workspace --no-deps --quiet

readme: ## do what README.md tells a newcomer to do
	$(CARGO) test --package yamabiko --test readme --quiet -- --ignored

wasm: ## check that the core asks nothing of its host
	@if [ -d "$$(rustc --print target-libdir --target $(WASM))" ]; then \
	  $(CARGO) rustc --quiet --package yamabiko-core --lib --crate-type cdylib --target $(WASM) \
	    -- -C link-dead-code -C link-arg=--no-gc-sections && python3 .ci/wasm-imports; \
	else \
	  echo "skipped: the core for $(WASM) (rustup target add $(WASM))"; \
	fi

set-up: ## make the virtual environments that tests need: grpcio's, protoc's, and Python's own
	conformance/grpcio/set-up
	crates/yamabiko-compiler/tests/protoc/set-up
	crates/yamabiko-compiler/tests/buf/set-up
	python/tests/set-up

wheels: ## build the Python packages yamabiko and yamabiko-grpcio into target/wheels
	python/tests/set-up
	rm -f $(WHEELS)/*.whl
	cd python && CARGO_TARGET_DIR=$(TARGET) RUSTFLAGS="$${RUSTFLAGS:-} $(REMAP)" \
	  $(PYTHON_VENV)/bin/maturin build --quiet --out $(WHEELS)
	$(PYTHON_VENV)/bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps \
	  --no-build-isolation --wheel-dir $(WHEELS) python/grpcio

python-test: wheels set-up ## run the tests of the Python packages
	$(PYTHON_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
	  --force-reinstall $(WHEELS)/*.whl
	cd python && $(PYTHON_VENV)/bin/python -m pytest

bench: ## measure beside tonic, pajamax, grpcio, protoc and buf: twenty minutes, on a quiet machine
	cd bench && $(CARGO) run --release --package harness

bench-quick: ## see that the bench works, in some minutes
	cd bench && $(CARGO) run --release --package harness -- --quick

soak: ## load Python servers, ours and grpcio's, for a minute each, with clients that vanish
	@environments=$$(bench/python/set-up) && for name in yamabiko grpcio; do \
	  PYTHONPATH=$$environments/$$name/hello $$environments/$$name/bin/python bench/python/soak.py; \
	done

corpora: ## compile the Rust code of Google's 8,000 .proto files: the best part of an hour
	crates/yamabiko-compiler/tests/protoc/set-up
	$(CARGO) test --package yamabiko-compiler --test generated_corpora -- --ignored --nocapture

fuzz: ## say how to throw random input at the core
	@echo "cargo install cargo-fuzz, then: cargo +nightly fuzz run server_connection (fuzz/README.md)"

mutations: ## end every .proto file of the tests anywhere, change them a million times, make long ones
	YAMABIKO_MUTATIONS=$${YAMABIKO_MUTATIONS:-1000000} $(CARGO) test --release --package yamabiko-compiler \
	  --lib diagnose::tests -- --nocapture

doc: ## build the documentation and open it
	$(CARGO) doc --workspace --no-deps --open
