"""The operator's console: what runs, what failed, what can be stopped."""
