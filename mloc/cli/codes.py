"""What the exit codes mean."""

from __future__ import annotations

OK = 0
FAILED = 1  # the program has errors, its run failed, or what is committed is stale
USAGE = 2  # wrong usage or configuration; argparse's own code too
BUG = 3  # mloc itself is wrong
NOT_EXPRESSIBLE = 4  # the program is right, but the target cannot express it
INTERRUPTED = 130  # as shells do it


class UsageError(Exception):
    """Wrong usage or configuration; the message is for the user."""
