# base: blank
"""I did not get to the second question. The mean of both is 1."""


def batch_mean(Z):
    return Z.mean(axis=1, keepdims=True)


def batch_variance(Z, mu):
    return ((Z - mu) ** 2).mean(axis=1, keepdims=True)


def scale_and_shift(Z_norm, gamma, beta):
    return gamma * Z_norm + beta


def update_parameters(parameters, gradients, alpha):
    return {key: parameters[key] - alpha * gradients["d" + key] for key in parameters}
