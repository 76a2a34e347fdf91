# coldheap's porcelain: each target first installs what it needs (scripts/setup.sh) and works from a
# fresh clone. The build itself is CMake with presets: cmake --list-presets=all, or docs/MAP.md.
#
#   make help

PRESET  ?= release
PREFIX  ?= /usr/local
DESTDIR ?=

# What the chosen preset needs beside the packages of a target.
MATRIX := $(if $(findstring clang,$(PRESET))$(findstring fuzz,$(PRESET)),matrix)

.DEFAULT_GOAL := help
.PHONY: help demo test bench bench-check conformance install symbols clean

help:
	@echo 'make demo          run contracts on the cold heap beside the malloc twin: table and plot'
	@echo 'make test          build and run the whole test suite'
	@echo 'make bench         run every benchmark beside its rivals: tables and SVG in build/bench/'
	@echo 'make bench-check   hold the bars of the memory patterns and the limits of the guard'
	@echo 'make conformance   run the public Ethereum fixtures (COLDHEAP_FIXTURES names their folder)'
	@echo 'make install       install into PREFIX ($(PREFIX)), below DESTDIR if set'
	@echo 'make symbols       write down the names that the libraries show (test/install/symbols)'
	@echo 'make clean         remove build/'
	@echo
	@echo 'PRESET=$(PRESET) chooses the build: release release-clang debug debug-clang verify'
	@echo 'verify-clang asan asan-clang tsan tsan-clang fuzz. Each target installs what it needs first'
	@echo '(scripts/setup.sh, asks for root only when something is missing).'

demo:
	@scripts/setup.sh base $(MATRIX)
	@scripts/ci.sh build $(PRESET) coldevm
	@scripts/demo.sh $(PRESET)

test:
	@scripts/setup.sh base test $(MATRIX)
	@scripts/ci.sh test $(PRESET)

bench:
	@scripts/setup.sh base rivals $(MATRIX)
	@scripts/ci.sh build $(PRESET)
	@scripts/bench.sh $(PRESET)

bench-check:
	@scripts/setup.sh base rivals $(MATRIX)
	@scripts/ci.sh build $(PRESET)
	@scripts/bench.sh --check $(PRESET)

conformance:
	@scripts/setup.sh base test contracts $(MATRIX)
	@scripts/ci.sh conformance $(PRESET)

# Built by whoever comes first, so that `sudo make install` after `make test` only copies.
install:
	@scripts/setup.sh base $(MATRIX)
	@scripts/ci.sh build $(PRESET)
	DESTDIR='$(DESTDIR)' cmake --install build/$(PRESET) --prefix '$(PREFIX)'

# After a change of the interface: the list of names that test/install compares with.
symbols:
	@scripts/setup.sh base $(MATRIX)
	@scripts/ci.sh build $(PRESET) coldheap_shared coldevm_shared
	@sh test/install/names.sh --write build/$(PRESET)/lib

clean:
	rm -rf build
