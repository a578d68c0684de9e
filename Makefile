# Everything that is built, shown, tested and installed. README.md says how to begin.

# Settings of the programs, as the original's Makefile had them: make REAL_DAEMON_DIR=/usr/libexec
SETTINGS := REAL_DAEMON_DIR HOSTS_ALLOW HOSTS_DENY LOG_SOCKET FACILITY SEVERITY RFC931_TIMEOUT UMASK
export_setting = $(if $($(1)),$(eval export TCPD_$(1) := $($(1))))
$(foreach setting,$(SETTINGS),$(call export_setting,$(setting)))

all:
	cargo build --release

.PHONY: all
