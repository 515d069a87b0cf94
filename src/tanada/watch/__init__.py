"""The attempts store, signals, alarms and the cause."""
