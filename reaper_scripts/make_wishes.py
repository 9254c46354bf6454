"""FilmComposer: Wishes."""
import os
import sys

import reaper_python

here = os.path.abspath(globals().get("__file__") or reaper_python.RPR_get_action_context()[1])
sys.path[:0] = [root for root in [os.path.dirname(os.path.dirname(here))] if root not in sys.path]
from reaper_scripts._host import start  # noqa: E402

start("make_wishes")
