"""Switches, breakers, limits and policies: what the door asks before it lets anyone in."""
