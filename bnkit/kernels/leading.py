"""From a call to its kernel, in machine code: the arrays looked at, the work dealt to the cores.

Looking at ten arrays takes Python ten microseconds, and waking a thread takes thirty more: longer than batch
norm takes for a layer of 100,000 entries. So machine code looks at what a call brings, and the threads stay
awake for a little while after each job. `words` says what stands where.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from bnkit.kernels import native
from bnkit.kernels import words as at

# A chunk has this many entries or more: some microseconds of work, against one to come for it.
WORTH_A_CHUNK = 2**14
# With this many entries, other threads of Python's may go on meanwhile.
LONG = 2**16
ONE = 0x3FF0_0000_0000_0000  # the bits of 1.0


def leading(dtype: np.dtype[Any], shared: Callable[..., Any]) -> dict[str, Callable[..., None]]:
    """Return `enter` and `serve`, which are the same for each dtype.

    Parameters
    ----------
    dtype : float32 or float64
    shared : callable
        Decorates what they call.
    """
    tools = native.tools(dtype)
    words_at, room, address = tools.words_at, tools.room, tools.address
    call, ask, pause = tools.call, tools.ask, tools.pause
    load, store, add, swap = tools.load, tools.store, tools.add, tools.swap

    @shared
    def has_first_ones_shape(array, first):
        if array[at.DIMENSIONS] & at.HALF != first[at.DIMENSIONS] & at.HALF:
            return False
        shape, like, same = words_at(array[at.SHAPE]), words_at(first[at.SHAPE]), True
        for axis in range(first[at.DIMENSIONS] & at.HALF):
            same = same and shape[axis] == like[axis]
        return same

    @shared
    def has_dtype(array, dtype):
        found = words_at(array[at.DESCRIPTION])[at.LETTERS_AND_NUMBER]
        return (found ^ dtype) & ~at.MEANS_NOTHING == 0

    @shared
    def is_column(array, units):
        shape = words_at(array[at.SHAPE])
        return array[at.DIMENSIONS] & at.HALF == 2 and shape[0] == units and shape[1] == 1

    @shared
    def understood(words):
        """Set how the first array is cut into units; say whether it could be."""
        array = words_at(words[at.ARRAYS])
        if array[at.TYPE] != words[at.NDARRAY]:
            return False
        dimensions, shape, entries = array[at.DIMENSIONS] & at.HALF, words_at(array[at.SHAPE]), 1
        for axis in range(dimensions):
            entries *= shape[axis]
        words[at.ENTRIES] = words[at.UNITS] = entries
        if not words[at.IN_ROWS]:
            return True
        if dimensions < 2 or entries == 0:
            return False
        words[at.N] = 1 if dimensions == 2 else shape[0]
        words[at.UNITS] = shape[0] if dimensions == 2 else shape[1]
        words[at.L] = entries // (words[at.N] * words[at.UNITS])
        return True

    @shared
    def size_of(words, k):
        entries = words[at.ENTRIES] if words[at.LARGE] & (1 << k) else words[at.UNITS]
        return entries * words[at.ITEMSIZE]

    @shared
    def overlap(words, k):
        """Say whether the k-th array, which is written, shares memory with one that is read."""
        for other in range(words[at.COUNT]):
            if words[at.WRITTEN] & (1 << other) or words[at.ARRAYS + other] == 0:
                continue
            distance = words[at.ARRAYS + other] - words[at.ARRAYS + k]
            if -size_of(words, other) < distance < size_of(words, k):
                return True
        return False

    @shared
    def prepared(words):
        """Put the addresses of the arrays' memory in the place of the arrays'; say whether they will do."""
        if not understood(words):
            return False
        first = words_at(words[at.ARRAYS])
        for k in range(words[at.COUNT]):
            if words[at.ARRAYS + k] == 0:
                continue
            array, bit = words_at(words[at.ARRAYS + k]), 1 << k
            if array[at.TYPE] != words[at.NDARRAY] or not has_dtype(array, words[at.DTYPE]):
                return False
            needed = at.WRITABLE if words[at.WRITTEN] & bit else at.READABLE
            if array[at.FLAGS] & needed != needed:
                return False
            if words[at.LARGE] & bit:
                if not has_first_ones_shape(array, first):
                    return False
            elif not is_column(array, words[at.UNITS]):
                return False
        for k in range(words[at.COUNT]):
            if words[at.ARRAYS + k] != 0:
                words[at.ARRAYS + k] = words_at(words[at.ARRAYS + k])[at.DATA]
        for k in range(words[at.COUNT]):
            if words[at.IN_ROWS] and words[at.WRITTEN] & (1 << k) and overlap(words, k):
                return False
        return True

    @shared
    def deal(words):
        """Do a job; with the crew, if that is worth it and it is free."""
        words[at.TAKEN], words[at.FRONT], words[at.BACK] = 0, 0, 0
        words[at.CHUNKS], words[at.CHUNK] = 1, words[at.UNITS]
        chunks = min(words[at.ENTRIES] // WORTH_A_CHUNK, words[at.UNITS])
        if chunks < 2 or words[at.CREW] == 0:
            call(words[at.KERNEL], words)
            return
        crew = words_at(words[at.CREW])
        if swap(crew, at.LOCK, 0, 1) != 0:
            call(words[at.KERNEL], words)
            return
        words[at.CHUNK] = words[at.UNITS] // chunks
        words[at.CHUNKS] = (words[at.UNITS] + words[at.CHUNK] - 1) // words[at.CHUNK]
        crew[at.JOB] = words[at.SELF]
        store(crew, at.OPEN, 1)
        add(crew, at.TICKET, 1)
        call(words[at.KERNEL], words)
        store(crew, at.OPEN, 0)
        while load(crew, at.ACTIVE) != 0:
            pause()
        store(crew, at.LOCK, 0)

    @shared
    def written_down(words, head, given, count):
        """Write down what a call brings: whether helpers are awake, the arrays, the numbers; or say no."""
        if count != 1 + head[at.COUNT] + head[at.FIGURES]:
            return False
        for k in range(at.ARRAYS):
            words[k] = head[k]
        words[at.SELF] = address(words)
        if given[0] != head[at.TRUE]:
            words[at.CREW] = 0
        for k in range(head[at.COUNT]):
            missing = given[1 + k] == head[at.NONE] and head[at.OPTIONAL] & (1 << k)
            words[at.ARRAYS + k] = 0 if missing else given[1 + k]
        for k in range(head[at.FIGURES]):
            figure = given[1 + head[at.COUNT] + k]
            if figure == head[at.TRUE] or figure == head[at.FALSE]:
                words[at.NUMBERS + k] = ONE if figure == head[at.TRUE] else 0
            elif words_at(figure)[at.TYPE] == head[at.FLOAT]:
                words[at.NUMBERS + k] = words_at(figure)[at.VALUE]
            else:
                return False
        return True

    def enter(function, given, count):
        """Be a built-in function of Python's: do the job that a call asks for, or say that it is refused."""
        head, words = words_at(words_at(function)[at.DATA]), room()
        if not written_down(words, head, words_at(given), count) or not prepared(words):
            return ask(head[at.TO_BOOL], 0)
        if words[at.ENTRIES] < LONG:
            deal(words)
        else:
            state = ask(head[at.SAVE_THREAD], 0)  # it takes nothing, and does not look at what it gets
            deal(words)
            ask(head[at.RESTORE_THREAD], state)
        return ask(head[at.TO_BOOL], 1)

    def serve(place):
        """Help with one job after the other; go to sleep when none has come for a while."""
        crew, copy = words_at(place[at.CREW_ADDRESS]), words_at(place[at.COPY])
        add(crew, at.ASLEEP, -1)
        seen, waited = -1, 0
        while waited < crew[at.PATIENCE]:
            ticket = load(crew, at.TICKET)
            if ticket == seen:
                pause()
                waited += 1
                continue
            seen, waited = ticket, 0
            # Who is active before looking whether the job is open is waited for when it has been closed.
            add(crew, at.ACTIVE, 1)
            if load(crew, at.OPEN):
                job = words_at(crew[at.JOB])
                for k in range(at.WORDS):
                    copy[k] = job[k]
                copy[at.HELPING] = 1
                call(copy[at.KERNEL], copy)
            add(crew, at.ACTIVE, -1)
        add(crew, at.ASLEEP, 1)

    return {"enter": enter, "serve": serve}
