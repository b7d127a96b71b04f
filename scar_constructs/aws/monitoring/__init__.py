"""Numbers, alarms and the dashboard of one workflow: only what its file switches on."""
