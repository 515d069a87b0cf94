"""Worlds, scenario files, faults, twin runs, scores and reports."""
