"""A still for those who send pictures."""
from __future__ import annotations

import cv2
import numpy as np
import pytest

from backend.domain.ensemble import Still


@pytest.fixture(scope="session")
def still_of_grey() -> Still:
    done, jpeg = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))
    assert done
    return Still(1.0, 25, 1, jpeg.tobytes())
