"""Any array in, a plain array of NumPy or CuPy for the backend, and the same kind of array out.

Libraries are recognised without importing them: an object of a library can only be here when the library is loaded.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from pixlane import _backend
from pixlane._args import MOST_CHANNELS, MOST_PIXELS

#: What the ops take and return: NumPy, CuPy, torch, PIL, or anything with DLPack or an array interface.
Array: TypeAlias = Any

#: Layout -> (axis of the height; the width is the next one, axis of the channels or None, number of dimensions).
AXES: dict[str, tuple[int, int | None, int]] = {
    "HW": (0, None, 2),
    "HWC": (0, 2, 3),
    "CHW": (1, 0, 3),
    "NHW": (1, None, 3),
    "NHWC": (1, 3, 4),
    "NCHW": (2, 1, 4),
}
_CHANNELS_LAST = ("", "", "HW", "HWC", "NHWC")
_CHANNELS_FIRST = ("", "", "HW", "CHW", "NCHW")

UINT8 = np.dtype(np.uint8)
#: What is computed with, what is put in order, and what is moved only.
ARITHMETIC = frozenset(np.dtype(t) for t in ("u1", "u2", "i2", "f2", "f4", "f8"))
ORDERED = ARITHMETIC | {np.dtype(np.bool_)}
MOVABLE = ARITHMETIC | frozenset(np.dtype(t) for t in ("?", "i1", "i4", "u4", "i8", "u8"))
_NAMES = {
    ARITHMETIC: "uint8, uint16, int16, float16, float32 or float64",
    ORDERED: "bool, uint8, uint16, int16, float16, float32 or float64",
    MOVABLE: "bool, an integer of 8 to 64 bits, float16, float32 or float64",
}


def sampled(interpolation: Any) -> tuple[frozenset[np.dtype[Any]], str]:
    """Return the dtypes that can be sampled so, and what a refusal adds to them."""
    if interpolation == "nearest":
        return MOVABLE, ""
    return ARITHMETIC, ' (bool and other integers with interpolation="nearest" only)'


class Kind:
    """A kind of array: what the ops need to know of its library. This one is NumPy in main memory."""

    name = "numpy.ndarray"
    layouts: tuple[str, ...] = _CHANNELS_LAST
    xp: Any = np

    def backend(self) -> _backend.Backend:
        """Return the backend that takes these arrays now."""
        return _backend.host.get()

    def empty(self, shape: Sequence[int], dtype: np.dtype[Any]) -> Any:
        """Allocate what the backend writes to."""
        return np.empty(shape, dtype)

    def wrap(self, array: Any) -> Array:
        """Return a backend's array as one of this kind, without copying."""
        return array

    def unwrap_out(self, out: Any) -> Any:
        """Return ``out`` as the backend's array, or None where it is not of this kind."""
        if not isinstance(out, np.ndarray):
            return None
        if type(out) is np.ndarray:
            return out
        _refuse_subclass(out, "out")
        return out.view(np.ndarray)


class TorchKind(Kind):
    """torch tensors in main memory."""

    name = "torch.Tensor"
    layouts = _CHANNELS_FIRST

    def wrap(self, array: Any) -> Array:
        return sys.modules["torch"].from_numpy(array)

    def unwrap_out(self, out: Any) -> Any:
        torch = sys.modules["torch"]
        if not isinstance(out, torch.Tensor):
            return None
        return _tensor_to_numpy(out, "out") if out.device.type == "cpu" else None


class CupyKind(Kind):
    """CuPy arrays, on the device of the first of them."""

    name = "cupy.ndarray"

    def __init__(self, cupy: Any, device: Any) -> None:
        self.xp, self.device = cupy, device
        if type(self) is CupyKind and device != 0:
            self.name = f"cupy.ndarray on device {device}"

    def _contexts(self) -> tuple[Any, ...]:
        """Return what is to be entered where CuPy works for such arrays: their device, if it is not the current one."""
        cuda = self.xp.cuda
        return () if cuda.runtime.getDevice() == self.device else (cuda.Device(self.device),)

    def backend(self) -> _backend.Backend:
        contexts = self._contexts()
        return _Within(_backend.device(), contexts) if contexts else _backend.device()

    def empty(self, shape: Sequence[int], dtype: np.dtype[Any]) -> Any:
        with ExitStack() as stack:
            for context in self._contexts():
                stack.enter_context(context)
            return self.xp.empty(tuple(shape), dtype)

    def unwrap_out(self, out: Any) -> Any:
        return out if isinstance(out, self.xp.ndarray) else None


class _Within:
    """Runs a backend's ops within contexts: on a CUDA device, on a stream."""

    def __init__(self, backend: _backend.Backend, contexts: tuple[Any, ...]) -> None:
        self._backend, self._contexts = backend, contexts

    def __getattr__(self, name: str) -> Any:
        op = getattr(self._backend, name)

        def run(*args: Any) -> None:
            with ExitStack() as stack:
                for context in self._contexts:
                    stack.enter_context(context)
                op(*args)

        return run


class CudaTensorKind(CupyKind):
    """torch tensors on a CUDA device, seen through CuPy and worked on in torch's current stream."""

    name = "torch.Tensor on a CUDA device"
    layouts = _CHANNELS_FIRST

    def __init__(self, cupy: Any, device: Any) -> None:
        super().__init__(cupy, device)
        self._made: tuple[Any, Any] = (None, None)

    def _contexts(self) -> tuple[Any, ...]:
        cuda, index = self.xp.cuda, self.device.index
        stream = sys.modules["torch"].cuda.current_stream(self.device).cuda_stream
        # CuPy takes a stream on its own device only.
        device = () if cuda.runtime.getDevice() == index else (cuda.Device(index),)
        return (*device, cuda.ExternalStream(stream, index))

    def empty(self, shape: Sequence[int], dtype: np.dtype[Any]) -> Any:
        torch = sys.modules["torch"]
        tensor = torch.empty(tuple(shape), dtype=getattr(torch, dtype.name), device=self.device)
        self._made = _tensor_to_cupy(self.xp, tensor), tensor
        return self._made[0]

    def wrap(self, array: Any) -> Array:
        made, tensor = self._made
        if array is made:
            return tensor
        with ExitStack() as stack:
            for context in self._contexts():
                stack.enter_context(context)
            return sys.modules["torch"].from_dlpack(array)

    def unwrap_out(self, out: Any) -> Any:
        torch = sys.modules["torch"]
        if not isinstance(out, torch.Tensor) or out.device != self.device:
            return None
        _refuse_tensor(out, "out")
        return _tensor_to_cupy(self.xp, out)


def _tensor_to_cupy(cupy: Any, tensor: Any) -> Any:
    """Return a CuPy array in a tensor's memory, which it keeps alive.

    Not by DLPack, which has the current streams of both libraries wait for each other: while one captures a graph, that
    is an error.
    """
    shape, item = tuple(tensor.shape), tensor.element_size()
    dtype = np.dtype(str(tensor.dtype).removeprefix("torch."))
    if 0 in shape:
        return cupy.empty(shape, dtype)
    strides = tuple(item * stride for stride in tensor.stride())
    extent = item + sum((side - 1) * stride for side, stride in zip(shape, strides, strict=True))
    memory = cupy.cuda.UnownedMemory(tensor.data_ptr(), extent, tensor, tensor.device.index)
    return cupy.ndarray(shape, dtype, cupy.cuda.MemoryPointer(memory, 0), strides)


NUMPY = Kind()
TORCH = TorchKind()


def view(image: Any, name: str) -> tuple[Any, Kind]:
    """Return ``image`` as a plain array, in memory that it shares where it can, and its kind.

    Raises
    ------
    TypeError
        It is no array, or one that pixlane refuses; the message says what to do.
    """
    if isinstance(image, np.ndarray):
        _refuse_subclass(image, name)
        return image.view(np.ndarray), NUMPY
    modules = sys.modules
    torch = modules.get("torch")
    if torch is not None and isinstance(image, getattr(torch, "Tensor", ())):
        tensor: Any = image
        if tensor.device.type == "cpu":
            return _tensor_to_numpy(tensor, name), TORCH
        return _view_cuda_tensor(tensor, name)
    pil = modules.get("PIL.Image")
    if pil is not None and isinstance(image, pil.Image):
        return _view_pil(image, name), NUMPY
    cupy = modules.get("cupy")
    if cupy is not None and isinstance(image, getattr(cupy, "ndarray", ())):
        there: Any = image
        return there, CupyKind(cupy, there.device.id)
    if not isinstance(image, (np.generic, type)):
        if hasattr(image, "__dlpack__") and hasattr(image, "__dlpack_device__"):
            return _view_dlpack(image, name)
        if hasattr(image, "__array_interface__"):
            try:
                return np.asarray(image).view(np.ndarray), NUMPY
            except (OSError, TypeError, ValueError) as error:
                raise _unreadable(name, error) from error
        if hasattr(image, "__cuda_array_interface__"):
            cupy = _import_cupy(name, type(image).__name__)
            array = cupy.asarray(image)
            return array, CupyKind(cupy, array.device.id)
    raise TypeError(
        f"{name} must be an array (NumPy, CuPy, torch, PIL, DLPack or array interface), "
        f"got {_type_name(image)}; "
        f"make one with numpy.asarray({name})"
    )


def _unreadable(name: str, error: Exception) -> Exception:
    """Return another library's error, of a file cut short for one, naming the image, which may be one of many."""
    kind = next(kind for kind in (OSError, TypeError, ValueError) if isinstance(error, kind))
    return kind(f"{name} cannot be read: {error}")


def _type_name(value: object) -> str:
    module = type(value).__module__
    return type(value).__qualname__ if module == "builtins" else f"{module}.{type(value).__qualname__}"


def _refuse_subclass(array: Any, name: str) -> None:
    if isinstance(array, np.ma.MaskedArray):
        raise TypeError(f"{name} must not be a masked array, whose mask would be lost; pass {name}.filled(value)")
    if isinstance(array, np.matrix):
        raise TypeError(f"{name} must not be a numpy.matrix; pass numpy.asarray({name})")


def _refuse_tensor(tensor: Any, name: str) -> None:
    torch = sys.modules["torch"]
    if tensor.requires_grad:
        raise TypeError(f"{name} requires grad, and pixlane computes no gradients; pass {name}.detach()")
    if tensor.layout is not torch.strided:
        raise TypeError(f"{name} must be a dense tensor, got layout {tensor.layout}; pass {name}.to_dense()")
    if tensor.is_conj():
        raise TypeError(f"{name} has its conjugate bit set; pass {name}.resolve_conj()")
    if tensor.is_neg():
        raise TypeError(f"{name} has its negative bit set; pass {name}.resolve_neg()")
    if tensor.is_quantized:
        raise TypeError(f"{name} must not be quantized; pass {name}.dequantize() or {name}.int_repr()")
    if not hasattr(np, str(tensor.dtype).removeprefix("torch.")):
        raise TypeError(f"{name} has dtype {tensor.dtype}, accepted are {_NAMES[ARITHMETIC]}; pass {name}.float()")


def _tensor_to_numpy(tensor: Any, name: str) -> Any:
    if tensor.requires_grad:  # which torch lets pass under no_grad()
        _refuse_tensor(tensor, name)
    try:
        return tensor.numpy()
    except (TypeError, RuntimeError) as error:  # torch refuses exactly what would need a copy; say what and why
        _refuse_tensor(tensor, name)
        raise TypeError(f"{name} (dtype {tensor.dtype}) cannot be read: {error}") from None


def _import_cupy(name: str, what: str) -> Any:
    try:
        import cupy
    except ImportError:
        raise TypeError(
            f"{name} is {what} on the GPU, where pixlane needs CuPy, which cannot be imported; "
            f"install it, or move {name} to main memory (for example {name}.cpu())"
        ) from None
    return cupy


def _view_cuda_tensor(tensor: Any, name: str) -> tuple[Any, Kind]:
    if tensor.device.type != "cuda":
        raise TypeError(f"{name} is on device {tensor.device}, accepted are cpu and cuda; pass {name}.cpu()")
    _refuse_tensor(tensor, name)
    cupy = _import_cupy(name, "a tensor")
    return _tensor_to_cupy(cupy, tensor), CudaTensorKind(cupy, tensor.device)


def _view_pil(image: Any, name: str) -> Any:
    from pixlane import _pillow

    mode = image.mode
    if mode not in _pillow.MODES:
        way = "RGBA" if mode in ("PA", "RGBa", "La") else "RGB"
        accepted = ", ".join(_pillow.MODES)
        raise TypeError(
            f'{name} is a PIL image of mode "{mode}", accepted are {accepted}; pass {name}.convert("{way}")'
        )
    try:
        return _pillow.as_array(image)
    except (OSError, TypeError, ValueError) as error:
        raise _unreadable(name, error) from error


_DLPACK_CPU = (1, 3)  # main memory, and main memory pinned for CUDA
_DLPACK_CUDA = 2


def _view_dlpack(image: Any, name: str) -> tuple[Any, Kind]:
    place = int(image.__dlpack_device__()[0])
    if place in _DLPACK_CPU:
        try:
            return np.from_dlpack(image), NUMPY
        except (RuntimeError, BufferError) as error:
            if hasattr(image, "__array_interface__"):
                return np.asarray(image), NUMPY
            raise TypeError(f"{name} has no NumPy form: {error}; accepted are {_NAMES[ARITHMETIC]}") from None
    if place == _DLPACK_CUDA:
        cupy = _import_cupy(name, type(image).__name__)
        array = cupy.from_dlpack(image)
        return array, CupyKind(cupy, array.device.id)
    raise TypeError(f"{name} is on DLPack device type {place}, accepted are main memory and CUDA")


def readable(array: Any, accepted: frozenset[np.dtype[Any]], name: str, note: str = "") -> Any:
    """Check the dtype of ``array``, and return it aligned and in native byte order, copied only where it is not."""
    dtype = array.dtype
    if dtype not in accepted:
        native = dtype.newbyteorder("=") if dtype.kind in "biuf" else None
        if native not in accepted:
            raise TypeError(f"{name} has dtype {dtype}, accepted are {_NAMES[accepted]}{note}")
        return array.astype(native)
    if type(array) is np.ndarray and not array.flags.aligned:
        return array.copy()
    return array


class Source(NamedTuple):
    """An image, or a batch of images of one size."""

    given: Any  # a plain array in the memory of what came
    array: Any  # the same, or a copy that is aligned and in native byte order, as a backend reads it
    kind: Kind
    layout: str
    height: int
    width: int
    channels: int


_new_tuple = tuple.__new__  # makes one in half the time that its class takes


def source(
    image: Any,
    name: str,
    layout: str | None,
    accepted: frozenset[np.dtype[Any]] = ARITHMETIC,
    note: str = "",
    any_size: bool = False,
) -> Source:
    """View ``image``; refuse kinds of arrays, dtypes (what ``note`` says of them, the message says) and layouts.

    ``any_size`` is for what reads a part alone: sides that no backend takes are else refused, too.
    """
    given, kind = (image, NUMPY) if type(image) is np.ndarray else view(image, name)
    array = given if given.dtype is UINT8 else readable(given, accepted, name, note)
    axes = check_layout(layout, array, kind, name)
    axis, channel_axis, _ = AXES[axes]
    shape = array.shape
    channels = 1 if channel_axis is None else shape[channel_axis]
    if (shape[axis] > MOST_PIXELS or shape[axis + 1] > MOST_PIXELS or channels > MOST_CHANNELS) and not any_size:
        raise ValueError(
            f"{name} must be at most 2**31 - 1 pixels high and wide, with at most 2**25 - 1 channels, got shape "
            f"{tuple(shape)} in layout {axes}"
        )
    return _new_tuple(Source, (given, array, kind, axes, shape[axis], shape[axis + 1], channels))


def mask(value: Any, source: Source) -> tuple[Any, Any]:
    """Return a mask in the memory of what came, and as 0 and 1 of shape (N, H, W), N being 1 for a single image."""
    came, of = view(value, "mask")
    xp = source.kind.xp
    if of.xp is not xp and of.xp is not np:
        raise TypeError(f"mask must be of the kind of image, {source.kind.name}, got {of.name}")
    pixels = xp.asarray(came)
    if pixels.dtype == np.uint8:
        pixels = pixels != 0
    elif pixels.dtype != np.bool_:
        raise TypeError(f"mask must be of bool or uint8, got dtype {pixels.dtype}")
    batch = source.array.shape[0] if source.layout.startswith("N") else 1
    plane = (source.height, source.width)
    if pixels.shape not in (plane, (batch, *plane)):
        wanted = f"{plane}" + (f" or {(batch, *plane)}" if source.layout.startswith("N") else "")
        raise ValueError(f"mask must have shape {wanted}, got {tuple(pixels.shape)}")
    return came, xp.broadcast_to(pixels.view(np.uint8), (batch, *plane))


def check_layout(layout: Any, array: Any, kind: Kind, name: str) -> str:
    """Return the layout of ``array``: the one given, or what its kind and number of dimensions say."""
    ndim: int = array.ndim
    if not 2 <= ndim <= 4:
        raise ValueError(
            f"{name} must have 2 (H, W), 3 (H, W, C) or 4 (N, H, W, C) dimensions, "
            f"got {ndim}, shape {tuple(array.shape)}"
        )
    if layout is None:
        return kind.layouts[ndim]
    check_layout_name(layout, "layout")
    if AXES[layout][2] != ndim:
        fitting = ", ".join(key for key, (_, _, count) in AXES.items() if count == ndim)
        raise ValueError(
            f"layout={layout!r} has {AXES[layout][2]} dimensions, {name} has {ndim} (shape {tuple(array.shape)}); "
            f"fitting layouts are {fitting}"
        )
    return str(layout)


def check_layout_name(layout: Any, name: str) -> None:
    """Raise unless ``layout`` is the name of a layout."""
    if not isinstance(layout, str):
        raise TypeError(f"{name} must be one of {', '.join(AXES)}, got {type(layout).__name__}")
    if layout not in AXES:
        raise ValueError(f"{name} must be one of {', '.join(AXES)}, got {layout!r}")


def allocate(kind: Kind, shape: Sequence[int], dtype: np.dtype[Any]) -> Any:
    """Allocate a result, or say how large it would have been."""
    try:
        return kind.empty(shape, dtype)
    except (MemoryError, ValueError, OverflowError, RuntimeError) as failure:
        text = str(failure).lower()
        if isinstance(failure, RuntimeError) and "cuda" in text and "memory" not in text:  # after a fork, for one
            raise
        error = failure
    count = dtype.itemsize
    for side in shape:
        count *= side
    if count >= 2**63 or any(side >= 2**63 for side in shape):
        raise ValueError(
            f"a result of shape {tuple(shape)} and dtype {dtype} would take {count} bytes, the limit is 2**63 - 1"
        )
    raise MemoryError(f"a result of shape {tuple(shape)} and dtype {dtype} takes {count} bytes: {error}") from error


def check_out(
    out: Any,
    kind: Kind,
    shape: Sequence[int],
    dtype: np.dtype[Any],
    sources: Sequence[Any],
    pointwise: bool = False,
) -> Any:
    """Return ``out`` as the backend's array, checked to take a result of ``shape`` and ``dtype``.

    ``sources`` are the inputs as they came, ``pointwise`` says that ``out`` may be exactly the (only) input.
    """
    array = kind.unwrap_out(out)
    if array is None:
        raise TypeError(f"out must be a {kind.name} like the input, got {_type_name(out)}")
    if array.dtype != dtype:
        raise TypeError(f"out has dtype {array.dtype}, the result has {dtype}")
    if tuple(array.shape) != tuple(shape):
        raise ValueError(f"out has shape {tuple(array.shape)}, the result has {tuple(shape)}")
    if type(array) is np.ndarray:
        flags = array.flags
        if not flags.writeable:
            raise ValueError("out is read-only, it must be writeable")
        if not flags.aligned:
            raise ValueError("out is misaligned in memory for its dtype, it must be aligned")
    if overlaps_itself(array):
        raise ValueError(f"elements of out share memory (strides {tuple(array.strides)}), each must have its own")
    for source in sources:
        if kind.xp.may_share_memory(array, source) and not (pointwise and same_memory(array, source)):
            exactly = " other than being exactly it" if pointwise else ""
            raise ValueError(
                f"out overlaps the input in memory{exactly}, which would change the input while it is read"
            )
    return array


def same_memory(one: Any, two: Any) -> bool:
    """Return whether both arrays are the same elements in the same order."""
    return bool(
        one.dtype == two.dtype
        and one.shape == two.shape
        and one.strides == two.strides
        and _address(one) == _address(two)
    )


def _address(array: Any) -> int:
    return int(array.__array_interface__["data"][0] if isinstance(array, np.ndarray) else array.data.ptr)


def overlaps_itself(array: Any) -> bool:
    """Return whether elements may share memory: whether the axes, smallest stride first, do not nest."""
    if array.flags.c_contiguous or array.size == 0:
        return False
    extent = array.dtype.itemsize
    for stride, side in sorted((abs(stride), side) for stride, side in zip(array.strides, array.shape, strict=True)):
        if side > 1:
            if stride < extent:
                return True
            extent += stride * (side - 1)
    return False
