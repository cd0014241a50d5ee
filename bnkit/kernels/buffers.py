"""Memory that stays from step to step."""

from typing import Any

import numpy as np

from bnkit.backend import Array


class Buffers:
    """Arrays that are handed out again under the same name, whatever the size of the mini-batch.

    A copy starts empty.
    """

    def __init__(self) -> None:
        self._flat: dict[Any, Array] = {}

    def take(self, name: Any, shape: tuple[int, int], like: Array) -> Array:
        """Return an array of that shape, of `like`'s dtype and on its device, with no particular content."""
        size = shape[0] * shape[1]
        flat = self._flat.get(name)
        if flat is None or flat.size < size or flat.dtype != like.dtype or type(flat) is not type(like):
            flat = self._flat[name] = np.empty_like(like, shape=size)
        return flat[:size].reshape(shape)

    def __reduce__(self) -> tuple[type["Buffers"], tuple[()]]:
        return Buffers, ()
