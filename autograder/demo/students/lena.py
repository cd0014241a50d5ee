# base: solutions
import sys
import warnings

import numpy as np

print("lena's notebook")
warnings.warn("this is only a warning", stacklevel=1)
np.log(np.zeros(3))


def batch_mean(Z):
    print("Z has shape", Z.shape)
    print("and this goes to standard error", file=sys.stderr)
    warnings.warn("careful", DeprecationWarning, stacklevel=1)
    return Z.mean(axis=1, keepdims=True)
