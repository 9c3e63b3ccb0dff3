# make          builds build/crema
# make web      builds the web console alone (make does it too, where node and npm are)
# make demo     installs what is missing, builds, and tells the coffee shop's story on a server of its own
# make test     installs what is missing, builds, runs every test; closes on "N passed, N failed"
# make check    the same tests under AddressSanitizer and UndefinedBehaviorSanitizer
# make tsan     the same tests under ThreadSanitizer
# make fuzz     every fuzz target for FUZZ_SECONDS (60) seconds
# make bench    measures what is promised, on this machine
# make screenshots  takes the pictures of docs/images
# make format   clang-format over the tree;  make tidy: clang-tidy
# make clean

BUILD ?= build
FUZZ_SECONDS ?= 60
WERROR := $(if $(CI),-Dwerror=true,)
export CREMA_BUILD := $(CURDIR)/$(BUILD)

.PHONY: all setup web demo test check tsan fuzz bench screenshots format tidy clean build build-tests

all: build

setup:
	@scripts/setup build test demo

build:
	@scripts/setup build
	@[ -f $(BUILD)/build.ninja ] || meson setup $(BUILD) -Dtests=false $(WERROR) >/dev/null
	@ninja -C $(BUILD) --quiet

build-tests:
	@scripts/setup build test
	@[ -f $(BUILD)/build.ninja ] || meson setup $(BUILD) $(WERROR) >/dev/null
	@meson configure $(BUILD) -Dtests=true $(WERROR)
	@ninja -C $(BUILD) --quiet

web:
	@mkdir -p $(BUILD)
	@scripts/console enabled $(BUILD)/console.pack

demo:
	@scripts/setup build demo
	@$(MAKE) --no-print-directory build
	@$(BUILD)/crema demo

test: build-tests
	@test/run

check:
	@scripts/setup build test
	@[ -f build-check/build.ninja ] || meson setup build-check --buildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false $(WERROR) >/dev/null
	@ninja -C build-check --quiet
	@CREMA_BUILD=$(CURDIR)/build-check test/run --sanitizer=address

tsan:
	@scripts/setup build test
	@[ -f build-tsan/build.ninja ] || meson setup build-tsan --buildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false $(WERROR) >/dev/null
	@ninja -C build-tsan --quiet
	@CREMA_BUILD=$(CURDIR)/build-tsan test/run --sanitizer=thread

fuzz:
	@scripts/setup build fuzz
	@[ -f build-fuzz/build.ninja ] || CC=clang meson setup build-fuzz --buildtype=debugoptimized -Dfuzz=true -Dtests=false -Dconsole=disabled -Db_sanitize=address,undefined -Db_lundef=false >/dev/null
	@ninja -C build-fuzz --quiet
	@test/fuzz build-fuzz $(FUZZ_SECONDS)

bench: build
	@scripts/setup test bench
	@/usr/bin/python3 bench/run.py

screenshots: build
	@scripts/setup test screenshots
	@scripts/screenshots

format:
	@scripts/setup tidy
	@git ls-files '*.c' '*.h' | xargs grep -L 'Do not edit\.' | xargs clang-format -i

tidy:
	@scripts/setup build tidy
	@git ls-files 'src/*.c' | xargs grep -L 'Do not edit\.' | xargs clang-tidy -p $(BUILD) --quiet

clean:
	@rm -rf build build-check build-tsan build-fuzz web/dist web/node_modules web/console.pack web/*.stamp
