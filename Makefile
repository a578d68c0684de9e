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

all:
	cargo build --release

# One connection after another through tcpd: who is served, who is refused, and why. Needs no root.
demo:
	cargo build $(DEMO)
	cargo run $(DEMO) --example demo target/demo/run target/demo/release/tcpd

.PHONY: all demo
