"""``python -m backend`` is ``filmcomposer``."""
from __future__ import annotations

import sys

from backend.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
