import sys

from chatmusician.cli import main

sys.exit(main())
