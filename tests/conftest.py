"""What all tests share."""

import numpy as np
import pytest

from bnkit import gpu_available


def _array_modules():
    yield np
    if gpu_available():
        import cupy

        yield cupy


@pytest.fixture(scope="session", params=_array_modules(), ids=lambda xp: xp.__name__)
def xp(request):
    """Each array module there is: NumPy always, CuPy where there is a GPU."""
    return request.param


def pytest_collection_modifyitems(items):
    """Run the slow tests last, so that a broken formula is told within seconds."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)
