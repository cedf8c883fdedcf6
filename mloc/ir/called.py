"""Which branches are no choice at all but the region of a called pipeline or of a loop."""

from __future__ import annotations

from mloc.ir.model import Branch


def is_called(branch: Branch) -> bool:
    """Whether a branch is the region of a called pipeline: one arm, taken always, whose nodes' ids begin with the branch's."""
    return len(branch.arms) == 1 and branch.arms[0].label == "else"
