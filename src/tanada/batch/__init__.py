"""The business day: night chain, bulk posting and pre-flight."""
