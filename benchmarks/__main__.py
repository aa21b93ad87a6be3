"""``make bench``: speed, then agreement with abc2midi."""

from __future__ import annotations

import sys

from benchmarks import abc2midi_agreement, abc_speed

if __name__ == "__main__":
    print(abc_speed.report(9))
    sys.argv = sys.argv[:1]
    sys.exit(abc2midi_agreement.main())
