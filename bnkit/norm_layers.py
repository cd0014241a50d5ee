"""Layer norm and group norm as layers of a network, to stand where batch norm stood."""

import numpy as np
from numpy.typing import DTypeLike

from bnkit.backend import Array
from bnkit.checks import check_count, check_eps, check_units
from bnkit.layers import Layer
from bnkit.normalization import batch_mean, batch_variance, batchnorm_backward, normalize


class GroupNorm(Layer):
    """Normalize each example over each group of units, in training and at test time alike.

    Parameters
    ----------
    n : int
        Units.
    groups : int
        Divides n; units that stand next to each other form a group. With one group it is layer norm.
    eps : float
        Added to the variance, inside the square root.
    dtype : float32 or float64

    Examples
    --------
    Layer norm instead of batch norm in every hidden layer:

    >>> import numpy as np
    >>> from bnkit.network import Network
    >>> network = Network([2, 4, 3], rng=np.random.default_rng(0))
    >>> for layer in network.layers[:-1]:
    ...     layer["Z_tilde"] = GroupNorm(4)
    >>> network.running_statistics
    {}
    """

    def __init__(self, n: int, groups: int = 1, eps: float = 1e-5, dtype: DTypeLike = np.float64) -> None:
        super().__init__()
        check_eps(eps)
        if check_count("n", n) % check_count("groups", groups):
            raise ValueError(f"groups is {groups}, expected a divisor of the {n} units")
        self.groups = groups
        self.eps = float(eps)  # a NumPy float64 would turn float32 arrays into float64
        self.parameters = {"gamma": np.ones((n, 1), dtype), "beta": np.zeros((n, 1), dtype)}

    def forward(self, Z: Array, training: bool = False) -> Array:
        gamma, beta = self.parameters["gamma"], self.parameters["beta"]
        check_units(Z, gamma=gamma, beta=beta)
        rows = self._rows(Z)
        mu = batch_mean(rows)
        sigma2 = batch_variance(rows, mu)
        rows_norm = normalize(rows, mu, sigma2, self.eps)
        Z_norm = self._columns(rows_norm, Z)
        if training:
            self._kept = Z_norm, rows_norm, sigma2
        return gamma * Z_norm + beta

    def backward(self, dZ_tilde: Array) -> Array:
        Z_norm, rows_norm, sigma2 = self._recall()
        dgamma = (dZ_tilde * Z_norm).sum(axis=1, keepdims=True)
        self.gradients = {"gamma": dgamma, "beta": dZ_tilde.sum(axis=1, keepdims=True)}
        # A group is to its example what a unit is to the mini-batch; its own gamma is 1.
        drows = self._rows(self.parameters["gamma"] * dZ_tilde)
        dZ = batchnorm_backward(drows, rows_norm, np.ones_like(sigma2), sigma2, self.eps)[0]
        return self._columns(dZ, dZ_tilde)

    def _rows(self, Z: Array) -> Array:
        return Z.T.reshape(Z.shape[1] * self.groups, -1)

    def _columns(self, rows: Array, Z: Array) -> Array:
        return rows.reshape(Z.shape[::-1]).T
