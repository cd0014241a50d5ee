"""Which of the kernels of batch_norm.cu a shape gets, and with how many threads: plain arithmetic, no GPU.

The rule, by what one unit's N * L entries take (of one array going forward, of two going back):

1. At most 4 KiB an array: a warp for each unit (`warps`). Barriers would cost more than the work.
2. What fits half a multiprocessor's shared memory: a block for each unit (`on_chip`). Half, so that two
   blocks or more live side by side, and one moves memory while the other waits.
3. What fits so in 2, 4 or 8 blocks, on a GPU with clusters: a cluster for each unit (`cluster`). The same
   where there are too few units to keep every multiprocessor busy, as long as each block still gets 16 KiB.
4. Anything longer: each unit on a share of the chip (`split`), as many units at once as fit its shared
   memory, with two blocks on each multiprocessor for the same reason as above. A unit that does not even fit
   the whole chip is read twice, part of it from the cache.

`plain` and `fused` are never chosen: they are the lower rungs of the ladder, there to be compared with.
"""

import functools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

LADDER = ("plain", "fused", "warps", "on_chip", "cluster", "split")
CLUSTERS = (2, 4, 8)  # larger ones are not portable

WARP = 32
SCRATCH = 832  # sizeof(Scratch) in walk.cuh
SHORT_UNIT = 4 * 1024
WORTH_A_BLOCK = 16 * 1024
PACK = 16  # bytes that a thread moves at a time
PACKS_PER_THREAD = 4

# The structs of batch_norm.cu. Every field has 8 bytes, so that no compiler has anything to align.
_SHAPE = ("N", "C", "L", "parts", "part", "pitch", "slots", "team", "wide")


def _struct(*fields: str) -> np.dtype[Any]:
    return np.dtype([(name, "f8" if name in ("eps", "decay") else "i8") for name in (*_SHAPE, *fields)])


FORWARD = _struct(
    *("Z", "out", "gamma", "beta", "mu", "inv_std", "old_mu", "old_sigma2", "new_mu", "new_sigma2"),
    *("eps", "decay", "messages", "arrived"),
)
BACKWARD = _struct(
    *("dZ_tilde", "Z", "out", "gamma", "beta", "mu", "inv_std", "dgamma", "dbeta", "messages", "arrived")
)
INFERENCE = _struct("units", "Z", "out", "scale", "shift", "center")


@dataclass(frozen=True)
class Device:
    """What the rule asks about a GPU.

    Attributes
    ----------
    multiprocessors : int
    shared_memory : int
        The most bytes that one block may ask for.
    compute_capability : int
        90 for Hopper, as in sm_90.
    """

    multiprocessors: int
    shared_memory: int
    compute_capability: int

    @property
    def half(self) -> int:
        """Shared memory with which two blocks fit a multiprocessor; each takes 1 KiB for the system."""
        return (self.shared_memory - 1024) // 2


@dataclass(frozen=True)
class Plan:
    """How a kernel is launched on one shape.

    Attributes
    ----------
    variant : str
        The rung of the ladder.
    grid : tuple of 3 ints
    block : int
        Threads.
    shared_memory : int
        Bytes for each block.
    parts : int
        Blocks that share a unit; the cluster's size where they form one.
    part : int
        Entries of a unit that each of them gets; the last may get fewer, or none.
    pitch, slots : int
        Entries, on chip, from one group to the next, and of a part.
    team : int
        Threads that go along one group's entries together.
    on_chip : bool
        Whether the entries wait in shared memory for their second use.
    """

    variant: str
    grid: tuple[int, int, int]
    block: int
    shared_memory: int
    parts: int
    part: int
    pitch: int
    slots: int
    team: int
    on_chip: bool

    @property
    def cooperative(self) -> bool:
        """Whether blocks wait for each other, so that all must run at once."""
        return self.variant == "split"

    @property
    def messages(self) -> int:
        """How many numbers the blocks of one split unit leave for each other."""
        return 3 * self.parts if self.cooperative else 0

    def kernel(self, direction: str, entry: str, relu: bool) -> str:
        """Return the kernel's name, as in ``cluster<Forward<float, true>, 4>``.

        Parameters
        ----------
        direction : {"forward", "backward", "inference"}
        entry : {"float", "double", "Half"}
            The type of an entry.
        relu : bool

        Returns
        -------
        str
        """
        told = f"{entry}, {str(relu).lower()}"
        if direction == "inference":
            return f"inference<{told}, {str(self.variant == 'warps').lower()}>"
        sizes = {"cluster": f", {self.parts}", "split": f", {str(self.on_chip).lower()}"}
        return f"{self.variant}<{direction.title()}<{told}>{sizes.get(self.variant, '')}>"

    def fill(
        self, struct: np.dtype[Any], shape: tuple[int, int, int], fields: dict[str, float]
    ) -> np.ndarray[Any, Any]:
        """Return the struct that the kernel is told by: one element, to be passed by value.

        Parameters
        ----------
        struct : dtype
            FORWARD, BACKWARD or INFERENCE.
        shape : tuple
            N, C and L.
        fields : dict
            The struct's fields besides those of its shape; arrays as their addresses, 0 for none.

        Returns
        -------
        array of shape (1,)
        """
        wide = all(fields[name] % PACK == 0 for name in ("Z", "out", "dZ_tilde") if name in fields)
        dealt = self.parts, self.part, self.pitch, self.slots, self.team
        rest = (fields.get(name, 0) for name in (struct.names or ())[len(_SHAPE) :])
        return np.array([(*shape, *dealt, wide, *rest)], struct)


@functools.lru_cache  # a network meets few shapes, and launching should not wait for arithmetic
def plan(arrays: int, N: int, C: int, L: int, itemsize: int, device: Device) -> Plan:
    """Choose the kernel for a shape, by the rule above.

    Parameters
    ----------
    arrays : int
        Arrays that are read more than once: 1 going forward, 2 going back.
    N, C, L : int
        Groups, units, and a unit's entries in one group.
    itemsize : int
        Bytes of an entry.
    device : Device

    Returns
    -------
    Plan
    """
    size = (arrays, N, C, L, itemsize)
    warps = warps_plan(*size, device)
    if warps.slots * itemsize <= SHORT_UNIT and warps.shared_memory <= device.half:
        return warps
    choices = (1, *CLUSTERS) if device.compute_capability >= 90 else (1,)
    for parts in choices:
        chosen = on_chip_plan(*size, parts)
        busy = C * parts >= device.multiprocessors or chosen.slots * itemsize < 2 * WORTH_A_BLOCK
        if chosen.shared_memory <= device.half and (busy or parts == choices[-1]):
            return chosen
    return split_plan(*size, device)


def forced_plan(variant: str, arrays: int, N: int, C: int, L: int, itemsize: int, device: Device) -> Plan:
    """Return how to launch one rung of the ladder, whatever the rule would say.

    Parameters
    ----------
    variant : str
        One of LADDER.
    arrays, N, C, L, itemsize, device
        As in `plan`.

    Returns
    -------
    Plan

    Raises
    ------
    ValueError
        If the GPU cannot launch it on this shape.
    """
    size = (arrays, N, C, L, itemsize)
    if variant in ("plain", "fused"):
        return in_memory_plan(variant, *size)
    if variant == "split":
        return split_plan(*size, device)
    if variant == "warps":
        choices = [warps_plan(*size, device)]
    else:
        choices = [on_chip_plan(*size, parts) for parts in ((1,) if variant == "on_chip" else CLUSTERS)]
    fitting = [chosen for chosen in choices if chosen.shared_memory <= device.shared_memory]
    if not fitting or (variant == "cluster" and device.compute_capability < 90):
        raise ValueError(f"a unit of {N} groups of {L} entries does not fit the variant {variant!r} here")
    return fitting[0]


@functools.lru_cache
def inference_plan(N: int, C: int, L: int, itemsize: int) -> Plan:
    """Return how to launch the kernel for test time: a warp or more for every row of L entries.

    Parameters
    ----------
    N, C, L, itemsize : int
        As in `plan`.

    Returns
    -------
    Plan
        Its grid goes over units, parts of a row, and groups.
    """
    block, short = 256, L * itemsize <= SHORT_UNIT
    rows = block // WARP if short else 1
    parts = 1 if short else min(_blocks(L * itemsize, PACK * 8 * block), 65535)
    part = _rounded(_blocks(L, parts), PACK // itemsize)
    grid = _blocks(C, rows), parts, min(N, 65535)
    team = WARP if short else block
    return Plan("warps" if short else "on_chip", grid, block, 0, parts, part, 0, 0, team, False)


def in_memory_plan(variant: str, arrays: int, N: int, C: int, L: int, itemsize: int) -> Plan:
    """Return how to launch `plain` or `fused`: a block for each unit, and nothing kept."""
    chosen = on_chip_plan(arrays, N, C, L, itemsize, 1)
    return replace(chosen, variant=variant, shared_memory=SCRATCH, on_chip=False)


def warps_plan(arrays: int, N: int, C: int, L: int, itemsize: int, device: Device) -> Plan:
    """Return how to launch `warps`: up to 8 units in a block, fewer while multiprocessors would stay idle."""
    part, pitch, slots = _layout(N, L, itemsize, 1)
    warps = max(1, min(8, C // device.multiprocessors))
    corner = SCRATCH + arrays * slots * itemsize
    team = _team(N, L, itemsize, WARP)
    grid = _blocks(C, warps), 1, 1
    return Plan("warps", grid, warps * WARP, warps * corner, 1, part, pitch, slots, team, True)


def on_chip_plan(arrays: int, N: int, C: int, L: int, itemsize: int, parts: int) -> Plan:
    """Return how to launch `on_chip`, or `cluster` where a unit is dealt out to several parts."""
    part, pitch, slots = _layout(N, L, itemsize, parts)
    wanted = _blocks(part * itemsize, PACK * PACKS_PER_THREAD)
    block = min(512, max(64, _power_of_two(wanted)))
    shared_memory = SCRATCH + arrays * slots * itemsize
    variant = "on_chip" if parts == 1 else "cluster"
    team = _team(_groups(N, L, part), L, itemsize, block)
    return Plan(variant, (C * parts, 1, 1), block, shared_memory, parts, part, pitch, slots, team, True)


def split_plan(arrays: int, N: int, C: int, L: int, itemsize: int, device: Device) -> Plan:
    """Return how to launch `split`: two blocks on each multiprocessor, dealt out to as many units as fit."""
    blocks, room = 2 * device.multiprocessors, device.half - SCRATCH
    needed = max(1, _blocks(arrays * N * L * itemsize, room))
    while needed < blocks and arrays * _layout(N, L, itemsize, needed)[2] * itemsize > room:
        needed += 1
    useful = max(needed, _blocks(N * L * itemsize, WORTH_A_BLOCK))
    shares = max(1, min(C, blocks // needed))
    parts = min(blocks // shares, useful)
    part, pitch, slots = _layout(N, L, itemsize, parts)
    on_chip = arrays * slots * itemsize <= room
    shared_memory = SCRATCH + on_chip * arrays * slots * itemsize
    team = _team(_groups(N, L, part), L, itemsize, 256)
    return Plan("split", (shares * parts, 1, 1), 256, shared_memory, parts, part, pitch, slots, team, on_chip)


def _layout(N: int, L: int, itemsize: int, parts: int) -> tuple[int, int, int]:
    """Return a part's entries, and how they lie on chip: from one group to the next, and all together.

    On chip a group's entries start as far beside a multiple of 16 bytes as in memory, which takes up to 16
    bytes more where groups do not all start at such a multiple.
    """
    wide = PACK // itemsize
    part = N * L if parts == 1 else _rounded(_blocks(N * L, parts), wide)
    spare = 0 if L % wide == 0 else wide - 1
    pitch = _rounded(min(L, part) + spare, wide)
    return part, pitch, _groups(N, L, part) * pitch


def _groups(N: int, L: int, part: int) -> int:
    """Return how many groups a part can touch."""
    return min(N, (part - 2) // L + 2)


def _team(groups: int, L: int, itemsize: int, threads: int) -> int:
    """Return how many threads go along one group's entries together: a power of two.

    As many as there are packs, but no fewer than it takes to have all threads at work.
    """
    packs = _power_of_two(_blocks(L * itemsize, PACK))
    return min(threads, max(packs, threads // _power_of_two(groups)))


def _blocks(size: int, each: int) -> int:
    return -(-size // each)


def _rounded(size: int, multiple: int) -> int:
    return _blocks(size, multiple) * multiple


def _power_of_two(size: int) -> int:
    """Return the first power of two that is not smaller."""
    return 1 << (size - 1).bit_length() if size > 1 else 1
