"""What goes between the three tasks of a container step."""

from __future__ import annotations

# The tasks before and after the container, as their constant input names them.
FIRST, LAST = "command", "outputs"
# The artifacts from one to the next: a folder with the script and the files that it reads, and one with what the command left.
COMMAND, LEFT = "mloc-command", "mloc-left"
# The script, in the first of them.
SCRIPT = "run"
