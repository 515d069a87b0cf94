"""Where things are wired together: the live bank, its processes and its databases."""
