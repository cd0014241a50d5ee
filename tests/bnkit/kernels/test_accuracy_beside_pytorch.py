"""In float32 the kernels are as exact as PyTorch's, and far from 0 much more so."""

import numpy as np
import pytest
from kernel_samples import draw, expected

from bnkit import kernels

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install '.[peers]'")


def largest_error(result, says):
    return float(np.abs(result - says).max() / np.abs(says).max())


@pytest.mark.parametrize("mean", [0, 10, 1e4])
@pytest.mark.parametrize("shape", [(64, 256), (5, 20_000)])
def test_forward_and_backward(shape, mean):
    batch = draw(np.random.default_rng(0), shape, np.float32, mean)
    says = expected(batch)
    Z_tilde, mu, inv_std = kernels.batchnorm_forward(batch.Z, batch.gamma, batch.beta, batch.eps)
    dZ, _, _ = kernels.batchnorm_backward(batch.dZ_tilde, batch.Z, batch.gamma, mu, inv_std)

    x, dx = (torch.tensor(np.ascontiguousarray(x.T)) for x in batch[:2])  # examples as rows
    weight, bias = torch.tensor(batch.gamma[:, 0]), torch.tensor(batch.beta[:, 0])
    output, *kept = torch.native_batch_norm(x, weight, bias, None, None, True, 0.1, batch.eps)
    gradient, _, _ = torch.ops.aten.native_batch_norm_backward(
        dx, x, weight, None, None, *kept, True, batch.eps, [True] * 3
    )
    # Around 0 both err by a rounding or two, and which of them by more is chance.
    chance = 2e-7
    assert largest_error(Z_tilde, says.Z_tilde) <= largest_error(output.numpy().T, says.Z_tilde) + chance
    assert largest_error(dZ, says.dZ) <= largest_error(gradient.numpy().T, says.dZ) + chance
    if mean == 1e4:
        assert largest_error(Z_tilde, says.Z_tilde) < 0.02 * largest_error(output.numpy().T, says.Z_tilde)
