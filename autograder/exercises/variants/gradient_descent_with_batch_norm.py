"""Correct answers to the exercises of notebook 05."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np

import bnkit
from bnkit import mini_batches

from .fitting_batch_norm import VARIANTS as FITTING


def momentum_by_formula(theta, dtheta, v, alpha, beta1=0.9):
    v = beta1 * v + (1 - beta1) * dtheta
    return theta - alpha * v, v


def momentum_by_difference(theta, dtheta, v, alpha, beta1=0.9):
    v = v + (1 - beta1) * (dtheta - v)
    return np.subtract(theta, np.multiply(alpha, v)), v


def momentum_in_copies(theta, dtheta, v, alpha, beta1=0.9):
    theta, v = theta.copy(), v.copy()
    v *= beta1
    v += (1 - beta1) * dtheta
    theta -= alpha * v
    return [theta, v]


def momentum_by_entries(theta, dtheta, v, alpha, beta1=0.9):
    theta_next, v_next = np.empty_like(theta), np.empty_like(v)
    for index in np.ndindex(theta.shape):
        v_next[index] = beta1 * v[index] + (1 - beta1) * dtheta[index]
        theta_next[index] = theta[index] - alpha * v_next[index]
    return theta_next, v_next


def momentum_by_average(theta, dtheta, v, alpha, beta1=0.9):
    v = np.average(np.stack([v, dtheta]), axis=0, weights=[beta1, 1 - beta1])
    return -alpha * v + theta, v


def momentum_by_einsum(theta, dtheta, v, alpha, beta1=0.9):
    v = np.einsum("k,kij->ij", np.array([beta1, 1 - beta1]), np.array([v, dtheta]))
    return theta - v * alpha, v


def rmsprop_by_formula(theta, dtheta, s, alpha, beta2=0.999, eps=1e-8):
    s = beta2 * s + (1 - beta2) * dtheta**2
    return theta - alpha * dtheta / (np.sqrt(s) + eps), s


def rmsprop_by_powers(theta, dtheta, s, alpha, beta2=0.999, eps=1e-8):
    s = s * beta2 + np.square(dtheta) * (1 - beta2)
    return theta - alpha * dtheta * (s**0.5 + eps) ** -1, s


def rmsprop_by_rate(theta, dtheta, s, alpha, beta2=0.999, eps=1e-8):
    s = s + (1 - beta2) * (dtheta * dtheta - s)
    rate = alpha / (eps + np.sqrt(s))
    return theta - rate * dtheta, s


def rmsprop_by_entries(theta, dtheta, s, alpha, beta2=0.999, eps=1e-8):
    theta_next, s_next = np.zeros(theta.shape), np.zeros(s.shape)
    for i in range(theta.shape[0]):
        for j in range(theta.shape[1]):
            s_next[i, j] = beta2 * s[i, j] + (1 - beta2) * dtheta[i, j] ** 2
            theta_next[i, j] = theta[i, j] - alpha * dtheta[i, j] / (math.sqrt(s_next[i, j]) + eps)
    return theta_next, s_next


def rmsprop_in_copies(theta, dtheta, s, alpha, beta2=0.999, eps=1e-8):
    theta, s = np.array(theta), np.array(s)
    s *= beta2
    s += (1 - beta2) * np.abs(dtheta) ** 2
    theta -= alpha * np.divide(dtheta, np.sqrt(s) + eps)
    return theta, s


def adam_by_formula(theta, dtheta, v, s, t, alpha, beta1=0.9, beta2=0.999, eps=1e-8):
    v = beta1 * v + (1 - beta1) * dtheta
    s = beta2 * s + (1 - beta2) * dtheta**2
    v_hat = v / (1 - beta1**t)
    s_hat = s / (1 - beta2**t)
    return theta - alpha * v_hat / (np.sqrt(s_hat) + eps), v, s


def adam_by_rate(theta, dtheta, v, s, t, alpha, beta1=0.9, beta2=0.999, eps=1e-8):
    v = v + (1 - beta1) * (dtheta - v)
    s = s + (1 - beta2) * (dtheta**2 - s)
    root = math.sqrt(1 - beta2**t)
    rate = alpha * root / (1 - beta1**t)
    return theta - rate * v / (np.sqrt(s) + eps * root), v, s


def adam_by_parts(theta, dtheta, v, s, t, alpha, beta1=0.9, beta2=0.999, eps=1e-8):
    _, v = momentum_by_formula(theta, dtheta, v, alpha, beta1)
    _, s = rmsprop_by_formula(theta, dtheta, s, alpha, beta2, eps)
    first, second = 1 - np.power(beta1, t), 1 - np.power(beta2, t)
    return theta - alpha * (v / first) / ((s / second) ** 0.5 + eps), v, s


def adam_in_copies(theta, dtheta, v, s, t, alpha, beta1=0.9, beta2=0.999, eps=1e-8):
    theta, v, s = theta.copy(), v.copy(), s.copy()
    v *= beta1
    v += (1 - beta1) * dtheta
    s *= beta2
    s += (1 - beta2) * dtheta * dtheta
    step = v / (1 - beta1**t)
    step /= np.sqrt(s / (1 - beta2**t)) + eps
    theta -= alpha * step
    return [theta, v, s]


def adam_by_entries(theta, dtheta, v, s, t, alpha, beta1=0.9, beta2=0.999, eps=1e-8):
    results = np.empty((3, *theta.shape))
    for index in np.ndindex(*theta.shape):
        v_next = beta1 * v[index] + (1 - beta1) * dtheta[index]
        s_next = beta2 * s[index] + (1 - beta2) * dtheta[index] ** 2
        v_hat, s_hat = v_next / (1 - beta1**t), s_next / (1 - beta2**t)
        results[(0, *index)] = theta[index] - alpha * v_hat / (math.sqrt(s_hat) + eps)
        results[(1, *index)], results[(2, *index)] = v_next, s_next
    return tuple(results)


def update_all_in_two_dicts(parameters, gradients, state, t, alpha):
    v, s = dict(state.get("v", {})), dict(state.get("s", {}))
    updated = {}
    for name, theta in parameters.items():
        zeros = np.zeros_like(theta)
        old_v, old_s = v.get(name, zeros), s.get(name, zeros)
        updated[name], v[name], s[name] = adam_by_formula(
            theta, gradients["d" + name], old_v, old_s, t, alpha
        )
    return updated, {"v": v, "s": s}


def update_all_in_pairs(parameters, gradients, state, t, alpha):
    updated, pairs = {}, {}
    for name in parameters:
        v, s = state[name] if state else (0, 0)
        theta, *pairs[name] = adam_by_rate(parameters[name], gradients[f"d{name}"], v, s, t, alpha)
        updated[name] = theta
    return updated, pairs


def update_all_with_flat_keys(parameters, gradients, state, t, alpha):
    updated, kept = dict(parameters), {}
    for key in gradients:
        name = key[1:]
        v = state.get("v_" + name, np.zeros(parameters[name].shape))
        s = state.get("s_" + name, np.zeros(parameters[name].shape))
        updated[name], kept["v_" + name], kept["s_" + name] = adam_in_copies(
            parameters[name], gradients[key], v, s, t, alpha
        )
    return updated, kept


def update_all_with_a_count_of_its_own(parameters, gradients, state, t, alpha):
    count = state.get("count", 0) + 1
    kept = {"count": count}
    updated = {}
    for name, theta in parameters.items():
        v, s = state.get(name, (np.zeros_like(theta),) * 2)
        updated[name], *kept[name] = adam_by_parts(theta, gradients["d" + name], v, s, count, alpha)
    return updated, kept


def update_all_with_an_object(parameters, gradients, state, t, alpha):
    state = state or SimpleNamespace(v={}, s={})
    v = {k: 0.9 * state.v.get(k, 0) + 0.1 * gradients["d" + k] for k in parameters}
    s = {k: 0.999 * state.s.get(k, 0) + 0.001 * gradients["d" + k] ** 2 for k in parameters}
    updated = {
        k: theta - alpha * (v[k] / (1 - 0.9**t)) / (np.sqrt(s[k] / (1 - 0.999**t)) + 1e-8)
        for k, theta in parameters.items()
    }
    return updated, SimpleNamespace(v=v, s=s)


def update_all_by_layers(parameters, gradients, state, t, alpha):
    updated, kept = {}, {}
    layers = sum(key.startswith("W") for key in parameters)
    for layer in range(1, layers + 1):
        for kind in ("W", "b", "gamma", "beta"):
            name = f"{kind}{layer}"
            if name in parameters:
                theta, dtheta = parameters[name], gradients[f"d{name}"]
                v, s = state[name] if name in state else (np.zeros_like(dtheta), np.zeros_like(dtheta))
                updated[name], v, s = adam_by_formula(theta, dtheta, v, s, t, alpha)
                kept[name] = v, s
    return updated, kept


def train_epoch_by_library(X, Y, parameters, alpha, batch_size, rng, eps=1e-5):
    costs = []
    for X_t, Y_t in bnkit.mini_batches(X, Y, batch_size, rng):
        cost, gradients = bnkit.cost_and_gradients(X_t, Y_t, parameters, eps)
        parameters = {name: theta - alpha * gradients["d" + name] for name, theta in parameters.items()}
        costs.append(cost)
    return parameters, costs


def train_epoch_imported(X, Y, parameters, alpha, batch_size, rng, eps=1e-5):
    batches = mini_batches(X, Y, batch_size, rng)
    costs = np.zeros(len(batches))
    for t, (X_t, Y_t) in enumerate(batches):
        costs[t], gradients = bnkit.cost_and_gradients(X_t, Y_t, parameters, eps=eps)
        parameters = {
            name: bnkit.gradient_descent_update(parameters[name], gradients["d" + name], alpha)
            for name in parameters
        }
    return parameters, costs


def train_epoch_with_own_network(X, Y, parameters, alpha, batch_size, rng, eps=1e-5):
    forward, gradients_of = FITTING["network_forward"][0], FITTING["network_gradients"][0]
    costs = ()
    for X_t, Y_t in bnkit.mini_batches(X, Y, batch_size, rng):
        Y_hat = forward(X_t, parameters, eps)
        costs += (-np.sum(Y_t * np.log(Y_hat)) / Y_t.shape[1],)
        gradients = gradients_of(X_t, Y_t, parameters, eps)
        parameters = FITTING["update_parameters"][0](parameters, gradients, alpha)
    return parameters, costs


def train_epoch_in_copies(X, Y, parameters, alpha, batch_size, rng, eps=1e-5):
    theta = {name: value.copy() for name, value in parameters.items()}
    costs = []
    for X_t, Y_t in bnkit.mini_batches(X, Y, batch_size, rng):
        cost, gradients = bnkit.cost_and_gradients(X_t, Y_t, theta, eps)
        for name in theta:
            theta[name] -= alpha * gradients["d" + name]
        costs.append(np.array(cost))
    return [theta, costs]


def train_epoch_by_optimizer(X, Y, parameters, alpha, batch_size, rng, eps=1e-5):
    optimizer, costs = bnkit.GradientDescent(alpha), []
    for batch in bnkit.mini_batches(X, Y, batch_size, rng):
        cost, gradients = bnkit.cost_and_gradients(*batch, parameters, eps)
        parameters = optimizer.update(parameters, gradients)
        costs.append(np.float64(cost))
    return parameters, costs


def train_epoch_in_float64(X, Y, parameters, alpha, batch_size, rng, eps=1e-5):
    wide = {name: value.astype(np.float64) for name, value in parameters.items()}
    return train_epoch_by_library(X.astype(float), Y.astype(float), wide, alpha, batch_size, rng, eps)


def gradient_too_small_to_be_seen():
    return np.array([1e-6])


def several_small_gradients():
    return np.full(5, -1e-7)


def one_small_gradient_after_zeros():
    return np.array([0.0, 0.0, 1e-5, 1e-5])


def gradients_in_float32():
    return np.float32([1e-6, 2e-6])


def mostly_tiny():
    return 1e-9 * np.random.default_rng(0).normal(size=20)


VARIANTS = {
    "momentum_update": (
        momentum_by_formula,
        momentum_by_difference,
        momentum_in_copies,
        momentum_by_entries,
        momentum_by_average,
        momentum_by_einsum,
    ),
    "rmsprop_update": (
        rmsprop_by_formula,
        rmsprop_by_powers,
        rmsprop_by_rate,
        rmsprop_by_entries,
        rmsprop_in_copies,
    ),
    "adam_update": (
        adam_by_formula,
        adam_by_rate,
        adam_by_parts,
        adam_in_copies,
        adam_by_entries,
    ),
    "update_all": (
        update_all_in_two_dicts,
        update_all_in_pairs,
        update_all_with_flat_keys,
        update_all_with_a_count_of_its_own,
        update_all_with_an_object,
        update_all_by_layers,
    ),
    "train_epoch": (
        train_epoch_by_library,
        train_epoch_imported,
        train_epoch_with_own_network,
        train_epoch_in_copies,
        train_epoch_by_optimizer,
        train_epoch_in_float64,
    ),
    "expose_adam": (
        gradient_too_small_to_be_seen,
        several_small_gradients,
        one_small_gradient_after_zeros,
        gradients_in_float32,
        mostly_tiny,
    ),
}
