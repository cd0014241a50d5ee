"""What a call hands to machine code: words of eight bytes, each at its place.

First comes what every job has, then the arrays and the numbers that its kernel asks for.
"""

# Units are dealt out in chunks to whoever comes for the next: to who leads from the front, to who helps from
# the back, so that most rows meet the core again that had them in the last job. TAKEN counts both.
TAKEN, FRONT, BACK, CHUNKS, CHUNK, UNITS, ENTRIES = range(7)
# What the arrays are compared with: their type, and a word of their dtype.
NDARRAY, DTYPE, ITEMSIZE = range(7, 10)
# Of the arrays: how many; which have the first one's shape, which are written and which may be missing, a bit
# for each; whether they are looked at as N groups of rows, of L entries each, or as nothing but entries.
COUNT, LARGE, WRITTEN, OPTIONAL, IN_ROWS, N, L = range(10, 17)
# Machine code, where the leader's words begin, whether these are a helper's copy of them, and the helpers.
KERNEL, SELF, HELPING, CREW = range(17, 21)
ARRAYS = 21
NUMBERS = ARRAYS + 10
WORDS = NUMBERS + 6

# What a built-in function of Python's holds: the words that all its jobs start with; then how many numbers
# follow the arrays, some objects of Python's, and some functions of its C interface.
FIGURES, NONE, TRUE, FALSE, FLOAT, TO_BOOL, SAVE_THREAD, RESTORE_THREAD = range(ARRAYS, ARRAYS + 8)
HEAD = ARRAYS + 8

# The fields of an object, in words from where it starts: the type of every object, and what a float is; then
# what NumPy's C interface fixes of an array (PyArrayObject_fields), and of the dtype that describes it
# (PyArray_Descr). Two dtypes that are equal need not be one object: unpickled arrays bring their own.
TYPE, VALUE = 1, 2
DATA, DIMENSIONS, SHAPE, DESCRIPTION, FLAGS = 2, 3, 4, 7, 8
LETTERS_AND_NUMBER = 3  # kind, type and byte order, a byte that means nothing, and the type's number
MEANS_NOTHING = 0xFF << 24
HALF = 0xFFFFFFFF  # the number of dimensions and the flags fill half a word
READABLE, WRITABLE = 0x0101, 0x0501  # contiguous and aligned; and not locked

# What a crew shares, each in a cache line of its own, so that who waits for one is not disturbed by another.
LOCK, TICKET, OPEN, ACTIVE, ASLEEP, JOB, PATIENCE = range(0, 56, 8)
CREW_WORDS = 56
# A helper's place: where the crew is, and where there is room for a copy of a job's words.
CREW_ADDRESS, COPY = range(2)
