# SPDX-License-Identifier: MIT
# The front door: `make demo` and `make check` are all a newcomer needs to type.
# meson does the work; this installs what is missing and calls it.

BUILD ?= build
MESON_FLAGS ?=

.PHONY: all build demo check check-here sanitize sanitize-here fuzz bench report install clean
all: build

# configure DIR FLAGS: a build directory is set up once and keeps its options.
define configure
	@test -e $(1)/build.ninja || meson setup $(1) $(2) $(MESON_FLAGS)
	@ninja -C $(1)
endef

build:
	@.ci/packages build
	$(call configure,$(BUILD))

demo: build
	@examples/demo.sh $(BUILD)/examples/sbx/sbx

# Where only root may enter this directory, the tests run in a copy that their other users can reach.
check:
	@.ci/packages build check
	@.ci/reachable $(MAKE) --no-print-directory check-here

check-here:
	$(call configure,$(BUILD))
	@.ci/test $(BUILD)

# With ASan, sb-init is a hosted program, so that it is watched as well.
sanitize:
	@.ci/packages build check
	@.ci/reachable $(MAKE) --no-print-directory sanitize-here

sanitize-here:
	$(call configure,build-asan,-Db_sanitize=address$(comma)undefined -Db_lundef=false -Dinit=hosted -Dbench=false)
	$(call configure,build-tsan,-Db_sanitize=thread -Db_lundef=false -Dbench=false -Dcli=false -Dexamples=false)
	@status=0; for sanitizer in asan tsan; do \
		.ci/test build-$$sanitizer --suite unit --suite $$sanitizer || status=1; done; exit $$status
comma = ,

# The parsers, FUZZ_SECONDS (60) each and all at once, with clang in a build of its own.
fuzz:
	@.ci/packages build fuzz
	@tests/fuzz/run

bench:
	@.ci/packages build bench
	$(call configure,$(BUILD))
	@$(BUILD)/bench/bench-spawn

# The floor, the library and the tools that are there, in one run: bench.svg and bench.md in build/bench.
# `bench/report.py --update` writes them into docs/figures and README.md.
report:
	@.ci/packages build bench
	$(call configure,$(BUILD))
	@bench/report.py --bench $(BUILD)/bench/bench-spawn --out $(BUILD)/bench

install: build
	@meson install -C $(BUILD)

clean:
	rm -rf $(BUILD) build-asan build-tsan build-fuzz
