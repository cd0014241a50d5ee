"""What Python cannot say and machine code can: Numba's words for memory, and for threads that meet there."""

import platform
from types import SimpleNamespace
from typing import Any

import numpy as np

from bnkit.kernels import words as at


def tools(dtype: np.dtype[Any]) -> SimpleNamespace:
    """Return the words, as functions that Numba compiles in place.

    Parameters
    ----------
    dtype : float32 or float64
        Of the numbers that `numbers_at` finds.

    Returns
    -------
    SimpleNamespace
        - ``numbers_at(address)``, ``words_at(address)`` : the memory there, as numbers or as whole words
        - ``real(word)`` : the float64 that a word's bits are
        - ``room()`` : memory for a job's words, for as long as who asks has not returned
        - ``address(words)`` : where they are
        - ``call(function, words)``, ``ask(function, word)`` : run a C function that gives back nothing, or a
          word
        - ``load(words, i)``, ``store(words, i, value)``, ``add(words, i, value)``,
          ``swap(words, i, old, new)`` : a word that other threads see change at once; `add` and `swap` return
          what was there
        - ``pause()`` : let the other half of a core have it, while this one waits
        - ``wide()`` : fill the widest registers in the function that says so, of which LLVM would leave
          half empty: the first processors with AVX-512 slowed down for them
    """
    import numba
    from llvmlite import ir
    from numba.core.cgutils import alloca_once
    from numba.extending import intrinsic

    word, bits = numba.types.int64, ir.IntType(64)
    words, none = numba.types.CPointer(word), numba.types.void
    order = "seq_cst"

    def memory_of(kind):
        @intrinsic
        def found(context, address):
            def generate(context, builder, signature, arguments):
                return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

            return numba.types.CPointer(kind)(word), generate

        return found

    @intrinsic
    def wide(context):
        def generate(context, builder, signature, arguments):
            # llvmlite checks that it knows an attribute, and knows none that has a value.
            set.add(builder.function.attributes, '"prefer-vector-width"="512"')
            return context.get_dummy_value()

        return none(), generate

    @intrinsic
    def real(context, value):
        def generate(context, builder, signature, arguments):
            return builder.bitcast(arguments[0], ir.DoubleType())

        return numba.types.float64(word), generate

    @intrinsic
    def room(context):
        def generate(context, builder, signature, arguments):
            return builder.bitcast(alloca_once(builder, ir.ArrayType(bits, at.WORDS)), bits.as_pointer())

        return words(), generate

    @intrinsic
    def address(context, place):
        def generate(context, builder, signature, arguments):
            return builder.ptrtoint(arguments[0], bits)

        return word(words), generate

    @intrinsic
    def call(context, function, place):
        def generate(context, builder, signature, arguments):
            kind = ir.FunctionType(ir.VoidType(), [bits.as_pointer()])
            builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), [arguments[1]])
            return context.get_dummy_value()

        return none(word, words), generate

    @intrinsic
    def ask(context, function, asked):
        def generate(context, builder, signature, arguments):
            kind = ir.FunctionType(bits, [bits])
            return builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), [arguments[1]])

        return word(word, word), generate

    @intrinsic
    def load(context, place, i):
        def generate(context, builder, signature, arguments):
            return builder.load_atomic(builder.gep(arguments[0], [arguments[1]]), order, 8)

        return word(words, word), generate

    @intrinsic
    def store(context, place, i, value):
        def generate(context, builder, signature, arguments):
            builder.store_atomic(arguments[2], builder.gep(arguments[0], [arguments[1]]), order, 8)
            return context.get_dummy_value()

        return none(words, word, word), generate

    @intrinsic
    def add(context, place, i, value):
        def generate(context, builder, signature, arguments):
            return builder.atomic_rmw("add", builder.gep(arguments[0], [arguments[1]]), arguments[2], order)

        return word(words, word, word), generate

    @intrinsic
    def swap(context, place, i, old, new):
        def generate(context, builder, signature, arguments):
            place = builder.gep(arguments[0], [arguments[1]])
            return builder.extract_value(builder.cmpxchg(place, *arguments[2:], order, order), 0)

        return word(words, word, word, word), generate

    @intrinsic
    def pause(context):
        def generate(context, builder, signature, arguments):
            if platform.machine().lower() in ("x86_64", "amd64"):
                kind = ir.FunctionType(ir.VoidType(), [])
                builder.call(builder.module.declare_intrinsic("llvm.x86.sse2.pause", fnty=kind), [])
            return context.get_dummy_value()

        return none(), generate

    return SimpleNamespace(
        numbers_at=memory_of(numba.from_dtype(dtype)),
        words_at=memory_of(word),
        real=real,
        room=room,
        address=address,
        call=call,
        ask=ask,
        load=load,
        store=store,
        add=add,
        swap=swap,
        pause=pause,
        wide=wide,
    )
