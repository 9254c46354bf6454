"""``python -m tests.fake_reaper --home DIR``."""
from __future__ import annotations

import sys

from tests.fake_reaper.program import main

sys.exit(main(sys.argv[1:]))
