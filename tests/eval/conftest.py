"""The tests of evaluation need the packages of the extra `eval`, and are left out without them."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("numpy") and find_spec("scipy") else ["test_eval_*.py"]
