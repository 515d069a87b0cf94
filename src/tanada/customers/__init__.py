"""Parties, cards, credentials and contacts."""
