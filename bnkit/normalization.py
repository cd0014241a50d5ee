"""Batch normalization, formula by formula.

Everywhere, ``Z`` has shape (n, m): n hidden units, m examples, one per column. What belongs to a unit, as
``mu``, ``sigma2``, ``gamma`` and ``beta``, is a column of shape (n, 1). The variance is the biased one,
divided by m. Gradients are those of a cost that is already a mean over the mini-batch. No function changes
its inputs.

References
----------
Ioffe & Szegedy (2015), "Batch Normalization: Accelerating Deep Network Training by Reducing Internal
Covariate Shift".
"""

import numpy as np

from bnkit.backend import Array
from bnkit.checks import (
    check_columns,
    check_eps,
    check_matrix,
    check_same_device,
    check_same_shape,
    check_units,
)


def batch_mean(Z: Array) -> Array:
    """Return each hidden unit's mean over the mini-batch.

    Parameters
    ----------
    Z : array of shape (n, m)

    Returns
    -------
    mu : array of shape (n, 1)
    """
    check_units(Z)
    mu = Z.mean(axis=1, keepdims=True)
    # A sum rounds, so Z - mu has a small mean of its own. Adding that to mu makes a constant unit's mean
    # exact: in float32, seven examples of 1000.1 would otherwise be normalized to 0.02 instead of 0.
    return mu + (Z - mu).mean(axis=1, keepdims=True)


def batch_variance(Z: Array, mu: Array) -> Array:
    """Return each hidden unit's variance over the mini-batch, divided by m.

    The mean of squares minus the square of the mean says the same on paper, and loses every digit where the
    mean is large; so the deviations are squared.

    Parameters
    ----------
    Z : array of shape (n, m)
    mu : array of shape (n, 1)
        The means of Z.

    Returns
    -------
    sigma2 : array of shape (n, 1)
    """
    check_units(Z, mu=mu)
    return ((Z - mu) ** 2).mean(axis=1, keepdims=True)


def normalize(Z: Array, mu: Array, sigma2: Array, eps: float = 1e-5) -> Array:
    """Move each hidden unit to mean 0 and scale it to variance 1, by the statistics given.

    Parameters
    ----------
    Z : array of shape (n, m)
    mu, sigma2 : arrays of shape (n, 1)
    eps : float
        Added to the variance, so that a constant unit stays finite.

    Returns
    -------
    Z_norm : array of shape (n, m)
    """
    check_units(Z, mu=mu, sigma2=sigma2)
    check_eps(eps)
    return (Z - mu) / np.sqrt(sigma2 + eps)


def scale_and_shift(Z_norm: Array, gamma: Array, beta: Array) -> Array:
    """Give each hidden unit the standard deviation `gamma` and the mean `beta`.

    Parameters
    ----------
    Z_norm : array of shape (n, m)
    gamma, beta : arrays of shape (n, 1)

    Returns
    -------
    Z_tilde : array of shape (n, m)
    """
    check_matrix("Z_norm", Z_norm)
    check_columns(Z_norm.shape[0], Z_norm, gamma=gamma, beta=beta)
    return gamma * Z_norm + beta


def batchnorm_forward(
    Z: Array, gamma: Array, beta: Array, eps: float = 1e-5
) -> tuple[Array, Array, Array, Array]:
    """Normalize each hidden unit over the mini-batch, then scale and shift it.

    Parameters
    ----------
    Z : array of shape (n, m)
        Pre-activations: n hidden units, m examples.
    gamma, beta : arrays of shape (n, 1)
        The learned standard deviation and mean of the result.
    eps : float
        Added to the variance, so that a constant unit stays finite.

    Returns
    -------
    Z_tilde, Z_norm : arrays of shape (n, m)
    mu, sigma2 : arrays of shape (n, 1)

    Raises
    ------
    ValueError
        If Z is not a matrix, or gamma or beta is not a column of its height.

    References
    ----------
    Ioffe & Szegedy (2015), Algorithm 1.
    """
    check_units(Z, gamma=gamma, beta=beta)
    mu = batch_mean(Z)
    sigma2 = batch_variance(Z, mu)
    Z_norm = normalize(Z, mu, sigma2, eps)
    Z_tilde = scale_and_shift(Z_norm, gamma, beta)
    return Z_tilde, Z_norm, mu, sigma2


def batchnorm_backward_stages(
    dZ_tilde: Array, Z: Array, gamma: Array, mu: Array, sigma2: Array, eps: float = 1e-5
) -> dict[str, Array]:
    """Walk the chain rule back through batch norm, one stage at a time.

    Z reaches the cost on three paths: straight through Z_norm, through the variance and through the mean.

    Parameters
    ----------
    dZ_tilde, Z : arrays of shape (n, m)
        The gradient of the cost with respect to batch norm's output, and batch norm's input.
    gamma, mu, sigma2 : arrays of shape (n, 1)
    eps : float
        As in the forward pass.

    Returns
    -------
    dict
        The gradients ``dZ_norm`` and ``dZ`` of shape (n, m), ``dsigma2`` and ``dmu`` of shape (n, 1).
    """
    check_units(Z, gamma=gamma, mu=mu, sigma2=sigma2)
    check_same_shape("Z", Z, "dZ_tilde", dZ_tilde)
    check_eps(eps)
    m = Z.shape[1]
    deviation = Z - mu
    inv_std = 1 / np.sqrt(sigma2 + eps)

    dZ_norm = gamma * dZ_tilde
    dsigma2 = -0.5 * inv_std**3 * (dZ_norm * deviation).sum(axis=1, keepdims=True)
    # The last sum is 0 up to rounding; it stands here because the chain rule puts it there.
    dmu = -inv_std * dZ_norm.sum(axis=1, keepdims=True) - 2 * dsigma2 * deviation.mean(axis=1, keepdims=True)
    dZ = dZ_norm * inv_std + dsigma2 * 2 * deviation / m + dmu / m
    return {"dZ_norm": dZ_norm, "dsigma2": dsigma2, "dmu": dmu, "dZ": dZ}


def batchnorm_backward(
    dZ_tilde: Array, Z_norm: Array, gamma: Array, sigma2: Array, eps: float = 1e-5
) -> tuple[Array, Array, Array]:
    """Go back through batch norm in one step: the stages, simplified.

    Normalizing took away what a shift or a scale of Z could do to the cost; so `dZ` is the gradient with its
    mean and its part along `Z_norm` taken out.

    Parameters
    ----------
    dZ_tilde, Z_norm : arrays of shape (n, m)
        The gradient of the cost with respect to batch norm's output, and what the forward pass normalized Z
        to.
    gamma, sigma2 : arrays of shape (n, 1)
    eps : float
        As in the forward pass.

    Returns
    -------
    dZ : array of shape (n, m)
    dgamma, dbeta : arrays of shape (n, 1)
    """
    check_matrix("Z_norm", Z_norm)
    check_columns(Z_norm.shape[0], Z_norm, gamma=gamma, sigma2=sigma2)
    check_same_shape("Z_norm", Z_norm, "dZ_tilde", dZ_tilde)
    check_eps(eps)
    m = Z_norm.shape[1]
    dgamma = (dZ_tilde * Z_norm).sum(axis=1, keepdims=True)
    dbeta = dZ_tilde.sum(axis=1, keepdims=True)
    dZ = gamma / np.sqrt(sigma2 + eps) * (dZ_tilde - dbeta / m - Z_norm * dgamma / m)
    return dZ, dgamma, dbeta


def batchnorm_inference(
    Z: Array, gamma: Array, beta: Array, running_mu: Array, running_sigma2: Array, eps: float = 1e-5
) -> Array:
    """Apply batch norm at test time: by the running statistics, whatever else is in the batch.

    Parameters
    ----------
    Z : array of shape (n, m)
        One example is enough.
    gamma, beta, running_mu, running_sigma2 : arrays of shape (n, 1)
    eps : float

    Returns
    -------
    Z_tilde : array of shape (n, m)
    """
    check_units(Z, gamma=gamma, beta=beta, running_mu=running_mu, running_sigma2=running_sigma2)
    Z_norm = normalize(Z, running_mu, running_sigma2, eps)
    return scale_and_shift(Z_norm, gamma, beta)


def fold_batchnorm(
    W: Array, gamma: Array, beta: Array, running_mu: Array, running_sigma2: Array, eps: float = 1e-5
) -> tuple[Array, Array]:
    """Fold test-time batch norm into the linear layer before it.

    Parameters
    ----------
    W : array of shape (n, n_prev)
        The weights of a layer without bias, ``Z = W @ A_prev``.
    gamma, beta, running_mu, running_sigma2 : arrays of shape (n, 1)
    eps : float

    Returns
    -------
    W_folded : array of shape (n, n_prev)
    b_folded : array of shape (n, 1)
        ``W_folded @ A_prev + b_folded`` is what batch norm gives for ``W @ A_prev``.
    """
    check_matrix("W", W)
    check_columns(W.shape[0], W, gamma=gamma, beta=beta, running_mu=running_mu, running_sigma2=running_sigma2)
    check_eps(eps)
    scale = gamma / np.sqrt(running_sigma2 + eps)
    return scale * W, beta - scale * running_mu


def identity_parameters(mu: Array, sigma2: Array, eps: float = 1e-5) -> tuple[Array, Array]:
    """Return the parameters with which batch norm gives back its input.

    Parameters
    ----------
    mu, sigma2 : arrays of shape (n, 1)
        The statistics that batch norm normalizes by.
    eps : float

    Returns
    -------
    gamma, beta : arrays of shape (n, 1)
    """
    check_matrix("mu", mu)
    check_columns(mu.shape[0], mu, mu=mu, sigma2=sigma2)
    check_eps(eps)
    return np.sqrt(sigma2 + eps), mu.copy()


def normalize_inputs(X_train: Array, X_test: Array, eps: float = 1e-5) -> tuple[Array, Array]:
    """Normalize each feature of both sets by the training set's statistics.

    Parameters
    ----------
    X_train : array of shape (n, m_train)
    X_test : array of shape (n, m_test)
    eps : float
        Added to the variance, so that a constant feature stays finite.

    Returns
    -------
    X_train_norm, X_test_norm : arrays of the inputs' shapes
    """
    check_matrix("X_train", X_train)
    check_matrix("X_test", X_test)
    if X_test.shape[0] != X_train.shape[0]:
        raise ValueError(
            f"X_test has {X_test.shape[0]} features, expected {X_train.shape[0]}, as many as X_train: "
            "a row per feature, a column per example"
        )
    check_same_device(X_train, "X_test", X_test)
    mu = batch_mean(X_train)
    sigma2 = batch_variance(X_train, mu)
    return normalize(X_train, mu, sigma2, eps), normalize(X_test, mu, sigma2, eps)
