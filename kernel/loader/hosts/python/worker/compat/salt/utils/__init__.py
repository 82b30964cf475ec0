"""Helpers that custom modules import."""
