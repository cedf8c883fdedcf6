"""Containers by a real Docker."""
