"""Reads the scripts of shell steps, without running them."""
