"""``python -m chatmusician``: the command line."""

import sys

from chatmusician.cli import main

sys.exit(main())
