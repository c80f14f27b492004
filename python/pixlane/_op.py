"""One way from every public function to a backend.

A public function passes its arguments on as they came, ``image`` and ``out`` first::

    return _resize(image, out, size, interpolation, ...)

    @op("resize")
    def _resize(image, size, interpolation, ...) -> Call: ...

and what is decorated says what they mean: it checks them and returns the `Call` that a backend is to carry out. The
rest (allocating or checking the result, choosing the backend, giving back the kind of array that came) is here.

A meaning must follow from the options and from the image's kind, shape and dtype alone: where the native backend works,
calls like an earlier one do not come here again (``cpp/bindings/checked_calls.h``). What takes several calls of a
backend (``warps``) asks it directly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from pixlane import _array, _backend
from pixlane._array import Array, Kind

Op: TypeAlias = Callable[..., Array]


#: What a backend is to carry out, ``op(source, result, *arguments)``; the native module reads the first four:
#: the source (what the backend reads: an array, or a tuple of arrays); the shape and the dtype of the result; the
#: arguments; the kind of the result; the inputs as they came, which ``out`` must not overlap; whether ``out`` may be
#: exactly the input.
Call: TypeAlias = tuple[Any, tuple[int, ...], np.dtype[Any], tuple[Any, ...], Kind, tuple[Any, ...], bool]


def op(name: str, *, maps: int = 0) -> Callable[[Callable[..., Call]], Op]:
    """Make of a meaning, a function of (image, *options), the function of (image, out, *options) that runs an op.

    The first ``maps`` options are arrays of which the meaning looks at the kind, shape and dtype alone, and which it
    passes on as they are where it can.
    """

    def decorate(meaning: Callable[..., Call]) -> Op:
        def run(image: Any, out: Any, *options: Any) -> tuple[Array, Call]:
            source, shape, dtype, arguments, kind, given, pointwise = call = meaning(image, *options)
            if out is None:
                result = _array.allocate(kind, shape, dtype)
            else:
                result = _array.check_out(out, kind, shape, dtype, given, pointwise)
            if 0 not in shape:
                getattr(kind.backend(), name)(source, result, *arguments)
            return out if out is not None else kind.wrap(result), call

        native = _backend.native
        if native is None:
            return lambda *arguments: run(*arguments)[0]
        checked: Op = native.checked_calls(run, getattr(native, name), _backend.host, maps)
        return checked

    return decorate
