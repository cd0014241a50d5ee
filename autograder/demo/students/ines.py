# base: solutions


def update_parameters(parameters, gradients, alpha):
    for name in parameters:
        parameters[name] -= alpha * gradients[f"d{name}"]
    return parameters
