"""Calls whoever is on call."""

from __future__ import annotations

import subprocess


def page(summary: str) -> None:
    """Page with a summary of what went wrong."""
    subprocess.run(["pager", "--severity", "high", "--", summary], check=True, timeout=60)
