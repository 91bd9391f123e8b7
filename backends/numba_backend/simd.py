"""Vectors for loops that Numba compiles: a few numbers that the processor keeps in its registers.

LLVM vectorises a simple loop by itself, but leaves what the loop adds up in memory: a load and a store for
each multiply-add. ``Lanes`` is LLVM's own vector type, of any width, made a type of Numba's: what is held in
a variable of this type stays in registers, 16 float32 in each with AVX-512, 8 with AVX2, as many as it takes.

The shape of a vector comes from a *like*: any vector of the wanted width and dtype; ``zeros`` makes one.

>>> z = zeros(w, 64)                            # z = np.zeros(64, w.dtype)
>>> z = z + splat(z, value) * load(z, w, i, o)  # z += value * w[i, o : o + 64]
>>> store(z, out, n, o)                      # out[n, o : o + 64] = z

With NUMBA_DISABLE_JIT=1 the same names are NumPy one-liners (at the end of this file), and a vector is an
array.
Two-dimensional arrays are C-contiguous, and nothing checks that a vector lies within one.
"""
# mypy: ignore-errors

from __future__ import annotations

import ctypes
import operator
import os
import threading
from typing import Any

import numba.extending
import numpy as np
from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_jitable, register_model

from backends.numba_backend.compiler import inner


def intrinsic(function) -> Any:
    """A function that says which instructions it is. Literal arguments reach it as such."""
    return numba.extending.intrinsic(prefer_literal=True)(function)


_counting = threading.Lock()


class Lanes(types.Type):
    """``width`` numbers of one dtype."""

    def __init__(self, dtype: types.Type, width: int) -> None:
        self.dtype = dtype
        self.width = width
        super().__init__(f"Lanes({dtype}, {width})")


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):
    def __init__(self, manager, lanes):
        super().__init__(manager, lanes, _vector(manager.lookup(lanes.dtype).get_value_type(), lanes.width))


class View(types.Type):
    """A two-dimensional array without its owner: Numba counts references to arrays, even in inner loops.

    A view keeps nothing alive, and Numba frees an array after the last line that names it: take views of a
    function's arguments, which its caller keeps, never of an array that the same function makes.
    """

    def __init__(self, dtype: types.Type) -> None:
        self.dtype = dtype
        super().__init__(f"View({dtype})")


@register_model(View)
class ViewModel(models.StructModel):
    def __init__(self, manager, view):
        super().__init__(manager, view, [("data", types.CPointer(view.dtype)), ("columns", types.intp)])


def _vector(element, width):
    vector = ir.VectorType(element, width)
    vector.intrinsic_name = f"v{width}{element.intrinsic_name}"  # so that llvm.sqrt.v16f32 is found
    return vector


# ---- a + b, a - b, a * b, a / b: element by element; a * b + c may become one fused multiply-add ----


class _SameLanes(AbstractTemplate):
    def generic(self, args, kws):
        if len(args) == 2 and isinstance(args[0], Lanes) and args[0] == args[1]:
            return signature(args[0], *args)
        return None


def _operator(symbol, instruction):
    infer_global(symbol)(type(f"Lanes_{instruction}", (_SameLanes,), {"key": symbol}))

    @lower_builtin(symbol, Lanes, Lanes)
    def emit(context, builder, sig, args):
        return getattr(builder, instruction)(*args, flags=("contract",))


for _symbol, _instruction in [
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
]:
    _operator(_symbol, _instruction)


# ---- Functions -----------------------------------------------------------------------------------------


def _element(context, builder, array_type, array, row, column):
    """The address of array[row, column], of an array or a view."""
    if isinstance(array_type, View):
        view = cgutils.create_struct_proxy(array_type)(context, builder, array)
        columns = view.columns
    else:
        view = context.make_array(array_type)(context, builder, array)
        columns = cgutils.unpack_tuple(builder, view.shape)[-1]
    return builder.gep(view.data, [builder.add(builder.mul(row, columns), column)])


def _address(context, builder, array_type, array, row, column, width):
    """The same, as a pointer to a vector, and the type of its numbers."""
    element = _element(context, builder, array_type, array, row, column)
    number = context.get_data_type(array_type.dtype)
    return builder.bitcast(element, ir.VectorType(number, width).as_pointer()), number


@intrinsic
def view(typingctx, array):
    if array == types.none:
        return types.none(types.none), lambda context, *_: context.get_dummy_value()
    kind = View(array.dtype)

    def emit(context, builder, sig, args):
        whole = context.make_array(array)(context, builder, args[0])
        short = cgutils.create_struct_proxy(kind)(context, builder)
        short.data = whole.data
        short.columns = cgutils.unpack_tuple(builder, whole.shape)[-1]
        return short._getvalue()

    return kind(array), emit


@intrinsic
def view_at(typingctx, like, address, rows, columns):
    kind = View(like.dtype)

    def emit(context, builder, sig, args):
        short = cgutils.create_struct_proxy(kind)(context, builder)
        short.data = builder.inttoptr(args[1], short.data.type)
        short.columns = args[3]
        return short._getvalue()

    return kind(like, types.intp, types.intp, types.intp), emit


@intrinsic
def get(typingctx, array, row, column):
    def emit(context, builder, sig, args):
        return builder.load(_element(context, builder, array, *args))

    return array.dtype(array, types.intp, types.intp), emit


@intrinsic
def set(typingctx, array, row, column, number):
    def emit(context, builder, sig, args):
        value = context.cast(builder, args[3], number, array.dtype)
        builder.store(value, _element(context, builder, array, *args[:3]))
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp, number), emit


@intrinsic
def number_like(typingctx, array, number):
    """The number in the array's dtype."""

    def emit(context, builder, sig, args):
        return context.cast(builder, args[1], number, array.dtype)

    return array.dtype(array, number), emit


@intrinsic
def prefetch(typingctx, array, row, column):
    def emit(context, builder, sig, args):
        byte = ir.IntType(8).as_pointer()
        address = builder.bitcast(_element(context, builder, array, *args), byte)
        flag = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [address, flag(0), flag(3), flag(1)])
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp), emit


@intrinsic
def zeros(typingctx, array, width):
    lanes = Lanes(array.dtype, width.literal_value)

    def emit(context, builder, sig, args):
        return ir.Constant(context.get_value_type(lanes), None)

    return lanes(array, width), emit


@intrinsic
def splat(typingctx, like, number):
    def emit(context, builder, sig, args):
        vector = context.get_value_type(like)
        number_in_dtype = context.cast(builder, args[1], number, like.dtype)
        single = builder.insert_element(
            ir.Constant(vector, ir.Undefined), number_in_dtype, ir.Constant(ir.IntType(32), 0)
        )
        return builder.shuffle_vector(
            single,
            ir.Constant(vector, ir.Undefined),
            ir.Constant(ir.VectorType(ir.IntType(32), like.width), None),
        )

    return like(like, number), emit


@intrinsic
def load(typingctx, like, array, row, column):
    def emit(context, builder, sig, args):
        _, data, i, j = args
        address, number = _address(context, builder, array, data, i, j, like.width)
        return builder.load(address, align=context.get_abi_sizeof(number))

    return like(like, array, types.intp, types.intp), emit


@intrinsic
def store(typingctx, lanes, array, row, column):
    def emit(context, builder, sig, args):
        value, data, i, j = args
        address, number = _address(context, builder, array, data, i, j, lanes.width)
        builder.store(value, address, align=context.get_abi_sizeof(number))
        return context.get_dummy_value()

    return types.void(lanes, array, types.intp, types.intp), emit


@intrinsic
def where_positive(typingctx, lanes, condition):
    def emit(context, builder, sig, args):
        value, where = args
        zero = ir.Constant(context.get_value_type(lanes), None)
        return builder.select(builder.fcmp_ordered(">", where, zero), value, zero)

    return lanes(lanes, lanes), emit


@intrinsic
def relu(typingctx, lanes):
    def emit(context, builder, sig, args):
        zero = ir.Constant(context.get_value_type(lanes), None)
        return builder.select(builder.fcmp_ordered("<", args[0], zero), zero, args[0])

    return lanes(lanes), emit


@intrinsic
def sqrt(typingctx, lanes):
    def emit(context, builder, sig, args):
        vector = _vector(context.get_value_type(lanes.dtype), lanes.width)
        function = builder.module.declare_intrinsic("llvm.sqrt", [vector])
        return builder.call(function, args)

    return lanes(lanes), emit


@intrinsic
def reduce_add(typingctx, lanes):
    def emit(context, builder, sig, args):
        number = context.get_value_type(lanes.dtype)
        name = f"llvm.vector.reduce.fadd.v{lanes.width}{number.intrinsic_name}"
        kind = ir.FunctionType(number, [number, context.get_value_type(lanes)])
        function = cgutils.get_or_insert_function(builder.module, kind, name)
        return builder.call(function, [ir.Constant(number, 0), args[0]], fastmath=("reassoc",))

    return lanes.dtype(lanes), emit


@intrinsic
def nonzero_bits(typingctx, array, row, column):
    def emit(context, builder, sig, args):
        # In pieces of one register: LLVM turns 64 comparisons of float32 into bits one by one.
        word, piece = ir.IntType(64), 64 if array.dtype.bitwidth == 8 else 16
        bits = word(0)
        for start in range(0, 64, piece):
            there = builder.add(args[2], context.get_constant(types.intp, start))
            address, number = _address(context, builder, array, args[0], args[1], there, piece)
            values = builder.load(address, align=context.get_abi_sizeof(number))
            zero = ir.Constant(values.type, None)
            if isinstance(array.dtype, types.Float):
                found = builder.fcmp_unordered("!=", values, zero)
            else:
                found = builder.icmp_unsigned("!=", values, zero)
            found = builder.bitcast(found, ir.IntType(piece))
            if piece < 64:
                found = builder.shl(builder.zext(found, word), word(start))
            bits = builder.or_(bits, found)
        return bits

    return types.uint64(array, types.intp, types.intp), emit


@intrinsic
def lowest_bit(typingctx, bits):
    def emit(context, builder, sig, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.intp(types.uint64), emit


@intrinsic
def arrive(typingctx, counter):
    def emit(context, builder, sig, args):
        data = context.make_array(counter)(context, builder, args[0]).data
        builder.atomic_rmw("add", data, ir.Constant(ir.IntType(64), 1), "acq_rel")
        return context.get_dummy_value()

    return types.void(counter), emit


@intrinsic
def arrived(typingctx, counter):
    def emit(context, builder, sig, args):
        data = context.make_array(counter)(context, builder, args[0]).data
        return builder.load_atomic(data, "acquire", 8)

    return types.intp(counter), emit


def _nothing():
    return 0


# Lets another thread have the core; there is no such thing on Windows, where a waiting thread keeps it.
yield_cpu = (
    types.ExternalFunction("sched_yield", types.int32())
    if hasattr(os, "sched_yield")
    else register_jitable(_nothing)
)


# ---- The same without a compiler, for coverage and for the debugger -------------------------------------

if config.DISABLE_JIT:

    def view(array):
        return None if array is None else array.reshape(-1, array.shape[-1])

    def view_at(like, address, rows, columns):
        size = int(rows * columns) * like.itemsize
        return np.frombuffer((ctypes.c_char * size).from_address(int(address)), like.dtype).reshape(
            rows, columns
        )

    def get(array, row, column):
        return array[row, column]

    def set(array, row, column, number):
        array[row, column] = number

    def number_like(array, number):
        return array.dtype.type(number)

    def prefetch(array, row, column):
        pass

    def zeros(array, width):
        return np.zeros(width, array.dtype)

    def splat(like, number):
        return np.full_like(like, number)

    def load(like, array, row, column):
        assert column + len(like) <= array.shape[1]
        return array[row, column : column + len(like)].copy()

    def store(lanes, array, row, column):
        array[row, column : column + len(lanes)] = lanes

    def where_positive(lanes, condition):
        return np.where(condition > 0, lanes, np.zeros_like(lanes))

    def relu(lanes):
        return np.maximum(lanes, 0)

    def sqrt(lanes):
        return np.sqrt(lanes)

    def reduce_add(lanes):
        return lanes.sum()

    def nonzero_bits(array, row, column):
        ink = array[row, column : column + 64] != 0
        assert len(ink) == 64
        return np.packbits(ink, bitorder="little").view(np.uint64)[0]

    def lowest_bit(bits):
        return (int(bits) & -int(bits)).bit_length() - 1

    yield_cpu = getattr(os, "sched_yield", _nothing)

    def arrive(counter):
        with _counting:
            counter[0] += 1

    def arrived(counter):
        return counter[0]


# ---- All outputs of a layer, as many in a vector as fit: the only places where widths are listed ---------
# Each calls kernel(like, o, *args) for the outputs o, o + 1, ... of a vector, from ``first`` up to ``last``.


@inner
def each_vector(kernel, array, first, last, args):
    """128 at a time, then 64, then 16: packed layers have a multiple of 16."""
    o = first
    while o + 128 <= last:
        kernel(zeros(array, 128), o, *args)
        o += 128
    while o + 64 <= last:
        kernel(zeros(array, 64), o, *args)
        o += 64
    while o < last:
        kernel(zeros(array, 16), o, *args)
        o += 16


@inner
def each_short_vector(kernel, array, first, last, args):
    """64 at a time, then 16: for kernels that hold four vectors."""
    o = first
    while o + 64 <= last:
        kernel(zeros(array, 64), o, *args)
        o += 64
    while o < last:
        kernel(zeros(array, 16), o, *args)
        o += 16


@inner
def each_vector_or_number(kernel, array, first, last, args):
    """128 at a time, then 64, 8 and 1: for layers that are not packed."""
    o = first
    while o + 128 <= last:
        kernel(zeros(array, 128), o, *args)
        o += 128
    while o + 64 <= last:
        kernel(zeros(array, 64), o, *args)
        o += 64
    while o + 8 <= last:
        kernel(zeros(array, 8), o, *args)
        o += 8
    while o < last:
        kernel(zeros(array, 1), o, *args)
        o += 1
