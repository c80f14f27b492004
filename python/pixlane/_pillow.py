"""PIL images as arrays without a copy.

``numpy.asarray`` of a photograph copies it twice, which takes longer than to preprocess it. Pillow since 11.3 shows its
memory through the Arrow C data interface where an image lies in one block, as those below 16 MB do; larger ones are
copied. (The interface: https://arrow.apache.org/docs/format/CDataInterface.html.)
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

#: Modes whose bands can be averaged as they stand, with the bands that they have in memory, where a pixel takes 4 bytes
#: as soon as it has two bands. None: a pixel is one item.
MODES: dict[str, slice | None] = {
    "1": None,
    "L": None,
    "LA": slice(None, None, 3),
    "RGB": slice(3),
    "RGBA": slice(4),
    "I": None,
    "F": None,
    "I;16": None,
    "I;16L": None,
    "I;16B": None,
    "I;16N": None,
}
_BYTES = ("1", "L")


class _ArrowArray(ctypes.Structure):
    pass


_ArrowArray._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_ArrowArray))),
    ("dictionary", ctypes.POINTER(_ArrowArray)),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
]

_pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_of.restype = ctypes.c_void_p
_pointer_of.argtypes = [ctypes.py_object, ctypes.c_char_p]


class _Memory:
    """Pillow's memory for NumPy to view; it lives as long as the capsule, which the view keeps."""

    __slots__ = ("__array_interface__", "_capsule")

    def __init__(self, address: int, shape: tuple[int, ...], capsule: Any) -> None:
        self.__array_interface__ = {"data": (address, True), "shape": shape, "typestr": "|u1", "version": 3}
        self._capsule = capsule


def as_array(image: Any) -> Any:
    """Return the pixels of ``image``, whose mode is one of MODES; "1" as the 0 and 255 that it means."""
    bands = MODES[image.mode]
    if bands is not None or image.mode in _BYTES:
        view = _view(image, bands)
        if view is not None:
            return view
    return np.asarray(image.convert("L") if image.mode == "1" else image)


def _view(image: Any, bands: slice | None) -> Any:
    """Return a read-only view of ``image``, or None where Pillow cannot give one."""
    if not hasattr(image, "__arrow_c_array__"):
        return None
    width, height = image.size
    try:
        _, capsule = image.__arrow_c_array__()
    except (ValueError, MemoryError):  # more than one block
        return None
    array = _ArrowArray.from_address(_pointer_of(capsule, b"arrow_array"))
    shape: tuple[int, ...] = (height, width)
    if bands is not None:
        if array.n_children != 1 or array.length != height * width:
            return None
        array, shape = array.children[0].contents, (height, width, 4)
    if array.n_buffers != 2 or array.offset or array.length != np.prod(shape, dtype=np.int64) or not array.buffers[1]:
        return None
    view = np.asarray(_Memory(array.buffers[1], shape, capsule))
    return view if bands is None else view[:, :, bands]
