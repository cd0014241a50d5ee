# base: solutions


def normalize(Z, mu, sigma2, eps=1e-5):
    return (Z - mu) / (sigma2**0.5 + eps)
