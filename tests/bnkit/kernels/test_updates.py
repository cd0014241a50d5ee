"""A step in one pass is the optimizer's step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mini_batch_samples import law

from bnkit import kernels, optimizers
from bnkit.kernels import compiled, cpu, formulas, updates

IMPLEMENTATIONS = [formulas, *([cpu] if compiled.available() else [])]
UPDATES = {
    "gradient_descent_update": (0, (0.1,)),
    "momentum_update": (1, (0.1, 0.8)),
    "rmsprop_update": (1, (0.1, 0.95, 1e-3)),
    "adam_update": (2, (3, 0.1, 0.8, 0.95, 1e-3)),
}


@pytest.fixture(scope="module", params=IMPLEMENTATIONS, ids=lambda module: module.__name__.split(".")[-1])
def implementation(request):
    """Have every array go to one implementation."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(updates, "kernels_for", lambda *arrays: request.param)
        yield request.param


def arrays(rng, count, shape, dtype):
    """Draw theta, its gradient and averages, of which those of squares are not negative."""
    drawn = [rng.standard_normal(shape) for _ in range(2)] + [rng.uniform(0, 2, shape) for _ in range(count)]
    return [x.astype(dtype) for x in drawn]


@law
@given(
    st.sampled_from(list(UPDATES)),
    st.sampled_from([np.float32, np.float64]),
    st.sampled_from([(1, 1), (5, 3), (7, 129), (0, 4)]),
    st.booleans(),
)
def test_the_kernel_says_what_the_formula_says(implementation, name, dtype, shape, strided):
    count, numbers = UPDATES[name]
    read = arrays(np.random.default_rng(0), count, (shape[0], 2 * shape[1]) if strided else shape, dtype)
    read = [x[:, ::2] for x in read] if strided else read
    before = [x.copy() for x in read]
    ours, says = getattr(kernels, name)(*read, *numbers), getattr(optimizers, name)(*read, *numbers)
    ours, says = (x if isinstance(x, tuple) else (x,) for x in (ours, says))
    for our, formula in zip(ours, says, strict=True):
        assert our.dtype == dtype
        np.testing.assert_allclose(our, formula, rtol=8 * np.finfo(dtype).eps, atol=np.finfo(dtype).eps)
    for x, old in zip(read, before, strict=True):
        np.testing.assert_array_equal(x, old)


@pytest.mark.parametrize("name", UPDATES)
def test_a_large_parameter_is_dealt_to_threads(implementation, name):
    count, numbers = UPDATES[name]
    read = arrays(np.random.default_rng(1), count, (700, 1000), np.float32)
    ours, says = getattr(kernels, name)(*read, *numbers), getattr(optimizers, name)(*read, *numbers)
    for our, formula in zip(np.atleast_3d(ours), np.atleast_3d(says), strict=True):
        np.testing.assert_allclose(our, formula, rtol=1e-6, atol=1e-6)
