"""What a call hands to machine code: words of eight bytes, each at its place.

First comes what every job has, then the arrays and the numbers that its kernel asks for.
"""

# Units are dealt out in chunks to whoever comes for the next: to who leads from the front, to who helps from
# the back, so that most rows meet the core again that had them in the last job. TAKEN counts both.
TAKEN, FRONT, BACK, CHUNKS, CHUNK, UNITS, ENTRIES = range(7)
# Whether there was an array that no kernel can take, and what the arrays are compared with.
REFUSED, NDARRAY, DTYPE, ITEMSIZE = range(7, 11)
# Of the arrays: how many; which have the first one's shape, and which are written, a bit for each; whether
# they are looked at as N groups of rows, of L entries each, or as nothing but entries.
COUNT, LARGE, WRITTEN, IN_ROWS, N, L = range(11, 17)
# Machine code, where the leader's words begin, whether these are a helper's copy of them, and the helpers.
KERNEL, SELF, HELPING, CREW = range(17, 21)
ARRAYS = 21
NUMBERS = ARRAYS + 11
WORDS = NUMBERS + 6

# The fields of an array, in words from where it starts: the type of every object, then NumPy's own, which its
# C interface fixes (PyArrayObject_fields).
TYPE, DATA, DIMENSIONS, SHAPE, DESCRIPTION, FLAGS = 1, 2, 3, 4, 7, 8
HALF = 0xFFFFFFFF  # the number of dimensions and the flags fill half a word
READABLE, WRITABLE = 0x0101, 0x0501  # contiguous and aligned; and not locked

# What a crew shares, each in a cache line of its own, so that who waits for one is not disturbed by another.
LOCK, TICKET, OPEN, ACTIVE, ASLEEP, JOB, PATIENCE = range(0, 56, 8)
CREW_WORDS = 56
# A helper's place: where the crew is, and where there is room for a copy of a job's words.
CREW_ADDRESS, COPY = range(2)
