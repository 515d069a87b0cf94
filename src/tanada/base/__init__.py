"""Money, calendar, ids, errors, settings, and the seams to the world outside."""
