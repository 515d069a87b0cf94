"""The public status page and its notices."""
