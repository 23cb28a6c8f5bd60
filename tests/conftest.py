"""Settings of the test run, and where real data lies."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"

settings.register_profile(
    "circle15",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("circle15")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real extracts, which a fresh clone hasn't got."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real extracts (../shared/data) are not here")
    return SHARED_DATA
