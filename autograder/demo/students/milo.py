# base: blank
def batch_mean(Z):
    while True:
        pass


def batch_variance(Z, mu):
    return ((Z - mu) ** 2).mean(axis=1, keepdims=True)
