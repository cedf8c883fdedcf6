"""The runner's view of a pipeline: units, types and expressions as JSON (format: docs/runner.md)."""

from __future__ import annotations
