# Everything that is built, shown, tested and installed. README.md says how to begin.

# Settings of the programs, as the original's Makefile had them: make REAL_DAEMON_DIR=/usr/libexec
SETTINGS := REAL_DAEMON_DIR HOSTS_ALLOW HOSTS_DENY LOG_SOCKET FACILITY SEVERITY RFC931_TIMEOUT UMASK
export_setting = $(if $($(1)),$(eval export TCPD_$(1) := $($(1))))
$(foreach setting,$(SETTINGS),$(call export_setting,$(setting)))

# The demo's tcpd has its tables and its log socket in the folder in which it is started.
demo: export TCPD_HOSTS_ALLOW := hosts.allow
demo: export TCPD_HOSTS_DENY := hosts.deny
demo: export TCPD_LOG_SOCKET := log
DEMO := --quiet --release --target-dir target/demo --package tcpd

PROGRAMS := tcpd tcpdmatch safe_finger try-from

# What the scenarios run: our programs, or Debian's as the oracle.
SCENARIOS := cargo test --quiet --package scenarios --

# The comparison of our engine with Debian's library.
COMPARE := cargo run --quiet --release --package differential --

all:
	cargo build --release

# One connection after another through tcpd: who is served, who is refused, and why. Needs no root.
demo:
	cargo build $(DEMO)
	cargo run $(DEMO) --example demo target/demo/run target/demo/release/tcpd

# Unit tests, the manual, and every scenario against our programs and against Debian's.
test: all
	tests/setup
	cargo test --workspace --exclude scenarios
	$(COMPARE) regressions
	$(COMPARE) run 0 200000
	TCPD_SUBJECT=ours $(SCENARIOS) --test-threads=8
	TCPD_SUBJECT=debian $(SCENARIOS) --test-threads=8
	tests/manual-lint

# Our engine and Debian's library on ten million generated tables; docs/fidelity.md says what came of it.
differential:
	tests/setup
	$(COMPARE) run 0 10000000

# Formatting, lints and documentation, with warnings denied.
lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --document-private-items

PREFIX := /usr
SBIN := $(DESTDIR)$(PREFIX)/sbin
MAN := $(DESTDIR)$(PREFIX)/share/man

# Puts the programs and their manual where Debian's are.
install: all
	install -d $(SBIN) $(MAN)/man5 $(MAN)/man8
	install -m 755 $(PROGRAMS:%=target/release/%) $(SBIN)
	install -m 644 $(wildcard man/*.5) $(MAN)/man5
	install -m 644 $(wildcard man/*.8) $(MAN)/man8



.PHONY: all demo test differential lint install
