# Everything that is done with ipcbench from a checkout. `make help` lists it.

SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
# For the targets that say so: options of the program that they run.
ARGS ?=

BINARY = .build/release/ipcbench
# What is being built, for run.json. Package.swift reads it.
export IPCBENCH_COMMIT := $(shell git describe --always --dirty --abbrev=40 --exclude '*' 2>/dev/null)
# The static link of Foundation has the linker gold warn that "the use of `mktemp' is dangerous".
# The call is the toolchain's, and gold has no option to keep quiet about it: no --no-warnings.
RELEASE_FLAGS = -c release --static-swift-stdlib --product ipcbench
C_WARNINGS = -std=gnu11 -Wall -Wextra -Werror -fsyntax-only
SUITES = $(wildcard Benchmarks/*.yaml)
binaries = $(DESTDIR)$(PREFIX)/bin
shared = $(DESTDIR)$(PREFIX)/share/ipcbench

.DEFAULT_GOAL = help
# Two of these at once would wait for each other's lock on .build, or build in each other's way.
.NOTPARALLEL:

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: ## install what is missing: Debian packages, by sudo if need be
	@SWIFT='$(SWIFT)' scripts/setup

.PHONY: build
build: setup ## the release binary, .build/release/ipcbench
	IPCBENCH_COMPILER="$$($(SWIFT) --version 2>/dev/null | head -n 1)" $(SWIFT) build $(RELEASE_FLAGS)

.PHONY: bench
bench: build ## the quick suite: prints a summary and where the CSV is; ARGS='--suite full'
	$(BINARY) run $(ARGS)

.PHONY: report
report: build ## charts and a page of stored runs; ARGS='results/one results/other'
	@SWIFT='$(SWIFT)' scripts/setup --with-report
	$(BINARY) report $(ARGS)

.PHONY: test
test: setup ## all tests
	$(SWIFT) build --build-tests
	$(SWIFT) test --no-parallel

# The rings and the floors are where a wrong memory ordering would hide. The rest is system calls,
# which the sanitizer cannot look behind. Without the option it would overlook what memmove copies,
# which is all that a ring does to its slots.
.PHONY: tsan
tsan: setup ## the tests of the rings and the floors under ThreadSanitizer
	TSAN_OPTIONS=ignore_interceptors_accesses=0:halt_on_error=1 \
	  $(SWIFT) test --sanitize=thread --scratch-path .build-tsan --no-parallel \
	    --filter 'Ring|MechanismsTests.FloorTests'

.PHONY: models
models: ## search all states of the ring's model, and of its mutants, by spin
	@SWIFT='$(SWIFT)' scripts/setup --with-tests
	Tests/Models/check

.PHONY: lint
lint: setup lint-swift lint-c lint-scripts lint-rpc ## format, C warnings, scripts, RPC stubs

.PHONY: lint-swift
lint-swift:
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Plugins Sources Tests

# libtirpc wants xdr_void cast to another function type, as all of Sun's RPC code does.
.PHONY: lint-c
lint-c: reference
	$(CC) $(C_WARNINGS) -ISources/CLinux/include Sources/CLinux/*.c
	$(CC) $(C_WARNINGS) -Wno-cast-function-type $$(pkg-config --cflags libtirpc) \
	  -ISources/COncRPC/include Sources/COncRPC/onc_rpc.c

.PHONY: lint-scripts
lint-scripts:
	python3 scripts/check-scripts

.PHONY: lint-rpc
lint-rpc:
	scripts/check-rpc-stubs

.PHONY: rpc-stubs
rpc-stubs: setup ## make the RPC stubs anew from Sources/COncRPC/ipcbench.x
	Sources/COncRPC/generate.sh

.PHONY: reference
reference: setup ## the yardsticks in C, Benchmarks/Reference/bin/reference
	@$(MAKE) --no-print-directory -C Benchmarks/Reference

.PHONY: fidelity
fidelity: build ## ipcbench against the yardsticks; ARGS='--check --rounds 30'
	Benchmarks/fidelity $(ARGS)

.PHONY: peers
peers: build ## ipcbench beside sockperf, qperf, iperf3, hackbench and others; ARGS='--only perf'
	@SWIFT='$(SWIFT)' scripts/setup --with-peers
	Benchmarks/peers/peers $(ARGS)

.PHONY: results
results: build ## measure the published runs and draw plots/ anew, 55 minutes; ARGS='--rehearse DIR'
	scripts/make-results $(ARGS)

.PHONY: gate
gate: build ## how often the gate is right on this machine, an hour; ARGS='--runs 2'
	Benchmarks/gate $(ARGS)

.PHONY: gate-simulation
gate-simulation: setup ## how often it is by simulation, 20 s; ARGS='--from A_A_FOLDER'
	$(SWIFT) run -c release GateSimulation $(ARGS)

.PHONY: fuzz
fuzz: setup ## 50,000 changed runs for every reader of stored runs; ARGS='--cases 1000 --seed 7'
	$(SWIFT) run -c release ReadingFuzz $(ARGS)

.PHONY: exports
exports: build ## what comparing two runs of a million trials takes; ARGS='--check --rows 100000'
	Benchmarks/exports $(ARGS)

.PHONY: timings
timings: build ## what only time can show and no test asserts, half a minute; ARGS='--check'
	Benchmarks/timings $(ARGS)

.PHONY: campaign
campaign: build ## 1000 random faults, and what they leave, 15 minutes; ARGS='--seed 7 --events 50'
	Tests/campaign/campaign $(ARGS)

# Under sudo nothing is built: swift may not be in root's PATH, and .build would become root's.
.PHONY: install
install: $(if $(SUDO_USER),,build) ## program and suites below PREFIX (/usr/local), DESTDIR if any
	@test -x $(BINARY) || { echo "install: no $(BINARY); run 'make build' first, without sudo" >&2; exit 66; }
	install -d "$(binaries)" "$(shared)/suites"
	install -s -m 755 $(BINARY) "$(binaries)/ipcbench"
	$(if $(SUITES),install -m 644 $(SUITES) "$(shared)/suites")

# Suites that somebody else put there stay.
.PHONY: uninstall
uninstall: ## remove what install put there
	rm -f "$(binaries)/ipcbench" $(foreach suite,$(notdir $(SUITES)),"$(shared)/suites/$(suite)")
	test ! -d "$(shared)" || find "$(shared)" -depth -type d -empty -delete

.PHONY: clean
clean: ## remove what was built; results stay
	rm -rf .build .build-tsan .build-slow
	@$(MAKE) --no-print-directory -C Benchmarks/Reference clean
