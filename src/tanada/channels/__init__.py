"""Channels: they speak to the outside, hold no money rules and never know each other."""
