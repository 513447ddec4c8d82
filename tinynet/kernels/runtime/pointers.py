"""Addresses and pointers in compiled kernels: of arrays, of tuples, and what lies there.

A kernel that is called through a pointer gets its arrays as addresses, of which Numba's reference counts know nothing:
whoever passes them keeps the arrays until the kernel has returned.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

I8, I64 = ir.IntType(8), ir.IntType(64)
INT64_BYTES = 8


@intrinsic
def address_of(typing, array):
    """The address of an array's first element.

    Of an argument only: an array that a kernel makes dies with the last use of its name, not of its address.
    """

    def emit(context, builder, signature, arguments):
        return builder.ptrtoint(context.make_array(array)(context, builder, arguments[0]).data, I64)

    return types.intp(array), emit


@intrinsic
def address_of_tuple(typing, arguments):
    """The address of a tuple of arrays and numbers, stored on the stack of the caller."""

    def emit(context, builder, signature, values):
        return builder.ptrtoint(cgutils.alloca_once_value(builder, values[0]), I64)

    return types.intp(arguments), emit


@intrinsic
def pointer(typing, like, address):
    """A pointer to elements at an address, of the dtype of `like`, or of the dtype `like`."""

    def emit(context, builder, signature, arguments):
        return builder.inttoptr(arguments[1], context.get_value_type(signature.return_type))

    return types.CPointer(like.dtype)(like, types.intp), emit


@intrinsic
def pointer_to_int(typing, pointer):
    """A pointer as an integer."""
    return types.intp(pointer), lambda context, builder, signature, arguments: builder.ptrtoint(arguments[0], I64)


@intrinsic
def load_int64(typing, address):
    """The integer of 64 bits at an address."""

    def emit(context, builder, signature, arguments):
        return builder.load(builder.inttoptr(arguments[0], ir.PointerType(I64)), align=INT64_BYTES)

    return types.intp(types.intp), emit


def call_intrinsic(builder, name, *arguments):
    """Emit the call of a function of LLVM's that returns nothing."""
    kind = ir.FunctionType(ir.VoidType(), [x.type for x in arguments])
    builder.call(builder.module.declare_intrinsic(name, (), kind), arguments)


@intrinsic
def copy_bytes(typing, target, source, count):
    """Copy `count` bytes between two addresses."""

    def emit(context, builder, signature, arguments):
        target, source, count = arguments
        to, of = (builder.inttoptr(x, ir.PointerType(I8)) for x in (target, source))
        cgutils.raw_memcpy(builder, to, of, count, 1)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, types.intp), emit
