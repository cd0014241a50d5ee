"""The kernels for processors: what Numba compiles, row by row.

An array has shape (N, n, L) and lies in memory as it is read: N groups, n units, L entries of a unit that lie
together. A matrix has one group; images (N, C, H, W) have one for each example. A kernel finds its arrays and
numbers in the words of its job (`words` says where) and works on one chunk of units after the other, as long
as there are any; several threads may do so at once. While a unit is worked on, its row stays in the core's
cache: memory sees one read and one write of it.

Sums run in the array's dtype over a block, which fills the lanes of the processor, and in float64 over the
blocks. What is added up is the distance from a pivot close to the mean, so that a large mean costs no digits.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from bnkit.kernels import words as at
from bnkit.kernels.jobs import job_tools

BLOCK = 256  # what is added up in the dtype; longer, and single precision loses a digit


def row_kernels(dtype: np.dtype[Any], shared: Callable[..., Any]) -> dict[str, Callable[..., None]]:
    """Return the kernels for one dtype, by name.

    Parameters
    ----------
    dtype : float32 or float64
    shared : callable
        Decorates what the kernels call.
    """
    tools, number = job_tools(dtype, shared), dtype.type
    array, given, next_chunk, wide = tools.array, tools.given, tools.next_chunk, tools.wide
    zero, eighth = number(0), number(0.125)

    @shared
    def moments_about(pivot, Z, N, n, L, i):
        """Return the sums of unit i's distances from the pivot, and of their squares."""
        wide()
        total, squares = 0.0, 0.0
        for group in range(N):
            row = (group * n + i) * L
            for block in range(row, row + L, BLOCK):
                block_total, block_squares = zero, zero
                for j in range(block, min(block + BLOCK, row + L)):
                    distance = Z[j] - pivot
                    block_total += distance
                    block_squares += distance * distance
                total += block_total
                squares += block_squares
        return total, squares

    @shared
    def guess(Z, L, row):
        """Return about the mean of a row: that of eight entries, and exactly that where all are equal."""
        if L < 8:
            return Z[row]
        k = L // 8
        left = (eighth * Z[row] + eighth * Z[row + k]) + (eighth * Z[row + 2 * k] + eighth * Z[row + 3 * k])
        row += 4 * k
        right = (eighth * Z[row] + eighth * Z[row + k]) + (eighth * Z[row + 2 * k] + eighth * Z[row + 3 * k])
        return left + right

    @shared
    def mean_and_variance(Z, N, n, L, i):
        """Return a pivot, how far the mean is from it, and the variance.

        One look at the row is enough, and two where the first guess was far off.
        """
        m = float(N * L)
        pivot = guess(Z, L, i * L)
        total, squares = moments_about(pivot, Z, N, n, L, i)
        offset = total / m
        variance = squares / m - offset * offset
        if offset * offset > variance:  # the difference of the two has lost digits
            pivot = number(pivot + offset)
            total, squares = moments_about(pivot, Z, N, n, L, i)
            offset = total / m
            variance = squares / m - offset * offset
        if math.isnan(variance):  # something infinite in the row makes its mean meaningless
            return pivot, variance, variance
        return pivot, offset, (0.0 if variance < 0.0 else variance)

    @shared
    def shift_row(Z, out, start, stop, center, scale, shift, relu):
        """Scale the distances from the centre and shift them; with `relu`, cut off below 0."""
        wide()
        if relu:
            for j in range(start, stop):
                z_tilde = scale * (Z[j] - center) + shift
                out[j] = zero if z_tilde < zero else z_tilde
        else:
            for j in range(start, stop):
                out[j] = scale * (Z[j] - center) + shift

    @shared
    def sums(Z, dZ_tilde, start, stop, center, scale, shift, relu):
        """Return the sums of a block's slopes, of slope times distance, and of the distances."""
        wide()
        slopes, products, distances = zero, zero, zero
        if relu:
            for j in range(start, stop):
                distance = Z[j] - center
                slope = dZ_tilde[j] if scale * distance + shift > zero else zero
                slopes += slope
                products += slope * distance
                distances += distance
        else:
            for j in range(start, stop):
                distance = Z[j] - center
                slopes += dZ_tilde[j]
                products += dZ_tilde[j] * distance
                distances += distance
        return slopes, products, distances

    def forward(words):
        """Normalize, scale and shift; move the running statistics where there are any."""
        wide()
        Z, gamma, beta, old_mu, old_sigma2 = (
            array(words, 0), array(words, 1), array(words, 2), array(words, 3), array(words, 4)
        )  # fmt: skip
        out, mu, inv_std, new_mu, new_sigma2 = (
            array(words, 5), array(words, 6), array(words, 7), array(words, 8), array(words, 9)
        )  # fmt: skip
        eps, decay, relu = given(words, 0), given(words, 1), given(words, 2) != 0.0
        moving = words[at.ARRAYS + 3] != 0
        N, n, L = words[at.N], words[at.UNITS], words[at.L]
        start, stop = next_chunk(words)
        while start < stop:
            for i in range(start, stop):
                pivot, offset, variance = mean_and_variance(Z, N, n, L, i)
                mean, inverse = pivot + offset, 1.0 / math.sqrt(variance + eps)
                mu[i], inv_std[i] = number(mean), number(inverse)
                scale = number(gamma[i] * inverse)
                # The mean has more digits than fit into the dtype; what the pivot lacks goes into the shift.
                # A mean that is small goes there as a whole, so that nothing is rounded on the way.
                center, rest = pivot, offset
                if abs(mean) * inverse <= 1.0 and variance > 0.0:
                    center, rest = zero, mean
                shift = number(beta[i] - gamma[i] * inverse * rest)
                if moving:
                    new_mu[i] = number(decay * old_mu[i] + (1.0 - decay) * mean)
                    new_sigma2[i] = number(decay * old_sigma2[i] + (1.0 - decay) * variance)
                for group in range(N):
                    row = (group * n + i) * L
                    shift_row(Z, out, row, row + L, center, scale, shift, relu)
            start, stop = next_chunk(words)

    def backward(words):
        """Go back through batch norm, and through ReLU behind it where `relu` is 1."""
        wide()
        Z, dZ_tilde, gamma, beta, mu, inv_std = (
            array(words, 0), array(words, 1), array(words, 2), array(words, 3), array(words, 4),
            array(words, 5),
        )  # fmt: skip
        out, dgamma, dbeta, relu = array(words, 6), array(words, 7), array(words, 8), given(words, 0) != 0.0
        N, n, L = words[at.N], words[at.UNITS], words[at.L]
        m = float(N * L)
        start, stop = next_chunk(words)
        while start < stop:
            for i in range(start, stop):
                center, inverse = mu[i], inv_std[i]
                scale, shift = gamma[i] * inverse, beta[i]
                slope_total, product_total, distance_total = 0.0, 0.0, 0.0
                for group in range(N):
                    row = (group * n + i) * L
                    for block in range(row, row + L, BLOCK):
                        end = min(block + BLOCK, row + L)
                        slopes, products, distances = sums(
                            Z, dZ_tilde, block, end, center, scale, shift, relu
                        )
                        slope_total += slopes
                        product_total += products
                        distance_total += distances
                # The distances have the mean 0 but for the digits of mu that its dtype has no room for.
                rest = distance_total / m
                if math.isfinite(slope_total):
                    product_total -= rest * slope_total
                dbeta[i], dgamma[i] = number(slope_total), number(inverse * product_total)
                along, level = inverse * inverse * product_total / m, slope_total / m
                if math.isfinite(along):
                    level -= along * rest
                steepness = gamma[i] * float(inverse)
                by_distance, constant = number(-steepness * along), number(-steepness * level)
                for group in range(N):
                    row = (group * n + i) * L
                    if relu:
                        for j in range(row, row + L):
                            distance = Z[j] - center
                            slope = dZ_tilde[j] if scale * distance + shift > zero else zero
                            out[j] = scale * slope + (by_distance * distance + constant)
                    else:
                        for j in range(row, row + L):
                            distance = Z[j] - center
                            out[j] = scale * dZ_tilde[j] + (by_distance * distance + constant)
            start, stop = next_chunk(words)

    def inference(words):
        """Scale the distance from the centre, and shift it."""
        wide()
        Z, scale, shift, center, out = (
            array(words, 0), array(words, 1), array(words, 2), array(words, 3), array(words, 4)
        )  # fmt: skip
        relu, N, n, L = given(words, 0) != 0.0, words[at.N], words[at.UNITS], words[at.L]
        start, stop = next_chunk(words)
        while start < stop:
            for i in range(start, stop):
                for group in range(N):
                    row = (group * n + i) * L
                    shift_row(Z, out, row, row + L, center[i], scale[i], shift[i], relu)
            start, stop = next_chunk(words)

    return {"forward": forward, "backward": backward, "inference": inference}
