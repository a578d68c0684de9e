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
	TCPD_SUBJECT=ours $(SCENARIOS) --test-threads=8
	TCPD_SUBJECT=debian $(SCENARIOS) --test-threads=8
	tests/manual-lint

# Formatting, lints and documentation, with warnings denied.
lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --document-private-items

PREFIX := /usr
SBIN := $(DESTDIR)$(PREFIX)/sbin
MAN := $(DESTDIR)$(PREFIX)/share/man

# Programs that print their own completion scripts.
COMPLETED := tcpdmatch
BASH := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSH := $(DESTDIR)$(PREFIX)/share/zsh/vendor-completions
FISH := $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d

# Puts the programs and their manual where Debian's are.
install: all
	install -d $(SBIN) $(MAN)/man5 $(MAN)/man8
	install -m 755 $(PROGRAMS:%=target/release/%) $(SBIN)
	install -m 644 $(wildcard man/*.5) $(MAN)/man5
	install -m 644 $(wildcard man/*.8) $(MAN)/man8
	install -d $(BASH) $(ZSH) $(FISH)
	for program in $(COMPLETED); do \
		complete="target/release/$$program --completions"; \
		$$complete bash > $(BASH)/$$program && $$complete zsh > $(ZSH)/_$$program && \
		$$complete fish > $(FISH)/$$program.fish || exit; \
	done



.PHONY: all demo test lint install
