"""Products: each decides by its own rules, and none knows another."""
