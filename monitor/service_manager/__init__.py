"""Life under systemd: readiness, watchdog, units and their installation. Works the same where there is no systemd."""
