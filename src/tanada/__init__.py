"""Tanada: an open-source core banking system in which a fault stays where it started."""
