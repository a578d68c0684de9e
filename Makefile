# Everything that is built, shown, tested and installed. README.md says how to begin.

# Settings of the programs, as the original's Makefile had them: make REAL_DAEMON_DIR=/usr/libexec
SETTINGS := REAL_DAEMON_DIR HOSTS_ALLOW HOSTS_DENY LOG_SOCKET FACILITY SEVERITY RFC931_TIMEOUT UMASK
export_setting = $(if $($(1)),$(eval export TCPD_$(1) := $($(1))))
$(foreach setting,$(SETTINGS),$(call export_setting,$(setting)))

# The demo's tcpd has its tables and its log socket in the folder in which it is started.
demo: export TCPD_HOSTS_ALLOW := hosts.allow
demo: export TCPD_HOSTS_DENY := hosts.deny
demo: export TCPD_LOG_SOCKET := log
DEMO := --release --target-dir target/demo --package tcpd

# What is built to be installed, by package.
BUILT := tcpd tcpdchk tcpdmatch safe_finger try-from libwrap

# Programs whose command line the shells complete.
COMPLETED := tcpdchk tcpdmatch

# The comparison of our engine with Debian's library.
COMPARE := cargo run --quiet --release --package differential --

# The same without the feature `accelerate`: docs/acceleration.md.
PLAIN := cargo build --quiet --profile plain --no-default-features

# Ends with the settings that were built in.
all:
	cargo build --release --locked $(BUILT:%=--package %)
	crates/libwrap/link target/release
	@$(or $(CC),cc) -print-multiarch > target/release/multiarch
	@mkdir -p target/release/completions
	@set -e; cd target/release; for program in $(COMPLETED); do for shell in bash zsh fish; do \
	    ./$$program --completions $$shell > completions/$$program.$$shell; \
	done; done
	@target/release/tcpdchk -V

# One connection after another through tcpd: who is served, who is refused, and why. Needs no root.
demo:
	cargo build $(DEMO)
	cargo run --quiet $(DEMO) --example demo target/demo/run target/demo/release/tcpd

# Writes the manual's paragraphs on findings from the checks themselves; a test says if that is needed.
manual:
	MANUAL=write cargo test --quiet --package tcpdchk --bin tcpdchk the_manual

# The fuzz targets' checks without the fuzzer.
FUZZ_CHECKS := --locked --manifest-path fuzz/Cargo.toml --target-dir target/fuzz --no-default-features

# Valgrind, where we may install it. What needs it says so if it is missing.
valgrind:
	@command -v valgrind >/dev/null || [ "$$(id -u)" != 0 ] || \
	apt-get -qq -y install --no-install-recommends valgrind || echo "valgrind cannot be installed"

# Unit tests, the manual, and every scenario against our programs and against those of Debian 12 and 13. The
# last line counts what passed, failed and was skipped.
test: all valgrind
	tests/setup
	cargo build --quiet --release --package differential
	$(PLAIN) --package differential --package tcpdmatch
	tests/run

# What our programs cost, side by side with Debian's: shown, and left in target/bench.md.
bench: all
	tests/setup
	cargo build --release --package bench
	target/release/bench table target

# Puts what `make bench` has measured into docs/performance.md.
bench-document:
	cargo run --quiet --release --package bench -- document target

# The short form: fails on a count worse than its bound. Without valgrind it cannot be done: as root it
# is installed; elsewhere the check is skipped by name, and with CI=true that fails.
bench-check: all valgrind
	tests/setup
	cargo build --release --package bench
	@if command -v valgrind >/dev/null; then target/release/bench check target; \
	else echo "bench-check: skipped, valgrind is not installed"; [ "$(CI)" != true ]; fi

# Each command and line of README.md is run by a test, and this runs those that no other target does.
test-readme: bench
	tests/readme

# The library's slow tests: eight threads for a minute, valgrind over the whole interface.
test-libwrap: all valgrind
	cargo test --quiet --package libwrap -- --ignored

# Our engine and Debian's library on ten million generated tables, and both tcpdmatch programs on ten thousand
# queries; docs/fidelity.md says what came of it.
differential: all
	tests/setup
	$(COMPARE) regressions
	$(COMPARE) exhaustive
	$(COMPARE) corpus
	$(COMPARE) run 0 10000000
	$(COMPARE) queries 0 10000
	$(PLAIN) --package differential $(BUILT:%=--package %)
	set -e; for job in regressions exhaustive corpus "run 0 10000000" "queries 0 10000"; do \
	    target/plain/differential $$job; \
	done
	TCPD_BUILD=$(CURDIR)/target/plain cargo test --package scenarios
	POLICY_SAMPLES=1000000 cargo test --release --package policy --test proof

# What fails in tcpd and in the library never opens a door: docs/reliability.md. A run is one fault; all of them take
# more than an hour, and FAULTS="--only name --runs 5000" is a part.
FAULTS :=
faults: all
	tests/setup
	cargo build --release --package faults
	target/release/faults run --findings target/faults/findings $(FAULTS)

# The short form: each policy with each call and each kind of fault, and as many more as there is time for.
faults-short: FAULTS := --seconds 180 --ours
faults-short: faults

# Runs the daemons that crates/tools/src/daemons/table calls watched, of Debian 12 and 13, and keeps what came in
# tests/watch/results.tsv. Needs root, debootstrap and the network: 20 minutes, and 3 GB below target/watch.
# One of them alone: make watch-daemons WATCH=sshd
watch-daemons:
	tests/watch/run bookworm $(WATCH)
	tests/watch/run trixie $(WATCH)

# Formatting, lints and documentation, with warnings denied.
lint:
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo clippy --workspace --all-targets -- --deny warnings
	cargo clippy $(FUZZ_CHECKS) --all-targets -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --document-private-items

# Runs each fuzz target for so many seconds: make fuzz FUZZ_SECONDS=600. docs/fidelity.md has more.
FUZZ_SECONDS := 60
fuzz:
	FUZZ_SECONDS=$(FUZZ_SECONDS) fuzz/run

# Puts what was built where Debian has it, or takes it away again: packaging/install says how, and what it never
# does. Neither builds anything, so the settings stay those of the build.
install uninstall: export DESTDIR := $(DESTDIR)
install uninstall: export PREFIX := $(or $(PREFIX),/usr)
install uninstall: export LIBDIR := $(LIBDIR)
install uninstall: export DIVERT := $(DIVERT)
install uninstall:
	@$(foreach setting,$(SETTINGS),$(setting)='$($(setting))') packaging/install $@

# The Debian packages of what is committed, by this Debian's own toolchain, into target/deb; the source release
# with all crates, into target/dist.
deb:
	packaging/deb
dist:
	packaging/dist
# Builds the source release without a network.
test-dist: dist
	tests/dist
# The rpm of what was built, into target/rpm; and its test, which installs it into a root of its own and runs it.
rpm:
	packaging/rpm
test-rpm: rpm
	tests/rpm

# The packages on whole machines of Debian 12 and 13, as root: make test-machines SUITES=trixie. Each suite's packages
# are built in a root of its own by its own toolchain; all is kept below target/machines.
SUITES := bookworm trixie
debootstrap:
	@command -v debootstrap >/dev/null || [ "$$(id -u)" != 0 ] || \
	apt-get -qq -y install --no-install-recommends debootstrap >/dev/null || echo "debootstrap cannot be installed"
test-machines: all debootstrap
	for suite in $(SUITES); do tests/machines/build $$suite && \
	tests/machines/run $$suite target/machines/debs/$$suite || exit 1; done

# fail2ban, logwatch, logcheck and CrowdSec on our log lines and on Debian's, on the same machines: docs/logs.md.
test-logs: all debootstrap
	for suite in $(SUITES); do tests/machines/build $$suite && \
	tests/machines/run $$suite target/machines/debs/$$suite logs || exit 1; done

# make test in clean roots of Debian 12 and 13, as root and as an ordinary user, with nothing else installed, with Debian's
# daemons, and with our packages over Debian's. docs/install.md has what came of it. An hour.
test-roots: debootstrap
	for suite in $(SUITES); do \
	    tests/machines/build $$suite && tests/machines/tests $$suite build || exit 1; \
	    for place in bare daemons ours; do for user in root user; do \
	        tests/machines/tests $$suite $$place $$user || exit 1; \
	    done; done; \
	done

# What CI runs of it: one build, without link-time optimisation, on both.
test-machines-short: all debootstrap
	MACHINES_QUICK=yes tests/machines/build bookworm
	tests/machines/run bookworm target/machines/debs/bookworm over_debians ours_first from_source
	tests/machines/run trixie target/machines/debs/bookworm ours_first limits

.PHONY: all demo manual valgrind test test-libwrap watch-daemons bench bench-document bench-check differential faults faults-short lint fuzz install uninstall deb dist rpm test-rpm debootstrap test-machines test-logs test-dist test-machines-short test-readme test-roots
