"""`python -m mloc` is the command `mloc`."""

import sys

from mloc.cli import main

sys.exit(main())
