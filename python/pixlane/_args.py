"""Checks of arguments: each names the argument, what came and what is accepted."""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Collection, Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

INTERPOLATIONS = frozenset(("nearest", "bilinear", "bicubic", "lanczos", "area"))
_INTERPOLATION_ORDER = ("nearest", "bilinear", "bicubic", "lanczos", "area")

#: The longest side and the most channels of images and results: the native core counts them in 32 bits.
MOST_PIXELS = 2**31 - 1
MOST_CHANNELS = 2**25 - 1

Box = tuple[float, float, float, float]

#: What the public signatures take for one or several numbers, sides and flags.
Numbers = float | Sequence[float] | NDArray[Any]
Sides = int | Sequence[int] | NDArray[Any]
Flags = bool | Sequence[bool] | NDArray[Any]

_PLAIN_NUMBERS = frozenset((int, float))


def show(value: object) -> str:
    """Describe a value in an error message: its repr when short, and its type."""
    text = repr(value)
    if len(text) > 60:
        text = text[:57] + "..."
    return f"{text} ({type(value).__name__})"


def refuse_name(value: object, accepted: Collection[str], name: str) -> NoReturn:
    """Raise for a name that is not among the accepted ones, with the closest of them as a suggestion."""
    listed = ", ".join(repr(one) for one in accepted)
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {listed}, got {show(value)}")
    import difflib  # for this only

    close = difflib.get_close_matches(value.lower(), accepted, 1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    raise ValueError(f"{name} must be one of {listed}, got {value!r}{hint}")


def choice(value: Any, accepted: Sequence[str], name: str) -> str:
    """Return ``value``, one of the accepted names."""
    if type(value) is str and value in accepted:
        return value
    if isinstance(value, str) and value in accepted:
        return str(value)
    refuse_name(value, accepted, name)


def interpolation(value: Any) -> str:
    """Return the name of an interpolation."""
    return choice(value, _INTERPOLATION_ORDER, "interpolation")


def boolean(value: Any, name: str) -> bool:
    """Return a bool (Python's or NumPy's)."""
    if value is True or value is False:
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    raise TypeError(f"{name} must be True or False, got {show(value)}")


def integer(value: Any, name: str) -> int:
    """Return an int; bools and floats are refused."""
    if type(value) is int:
        return value
    if not isinstance(value, (bool, np.bool_)):
        try:
            return operator.index(value)
        except TypeError:
            pass
    raise TypeError(f"{name} must be an int, got {show(value)}")


def number(value: Any, name: str, finite: bool = True, exact: bool = False) -> float:
    """Return a real number: finite unless that is not asked for, and with ``exact`` an int as it came."""
    if type(value) is float:
        result = value
    elif exact and isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    elif isinstance(value, (bool, np.bool_, str, bytes)):
        raise TypeError(f"{name} must be a real number, got {show(value)}")
    elif isinstance(value, (int, float, np.integer, np.floating)):
        try:
            result = float(value)
        except OverflowError:
            raise ValueError(f"{name} must be finite, got {show(value)}") from None
    elif hasattr(value, "__float__") and getattr(value, "ndim", 0) == 0 and not isinstance(value, complex):
        try:
            result = float(value)
        except (TypeError, ValueError):
            raise TypeError(f"{name} must be a real number, got {show(value)}") from None
    else:
        raise TypeError(f"{name} must be a real number, got {show(value)}")
    if finite and not math.isfinite(result):
        raise ValueError(f"{name} must be finite, got {result}")
    return result


def items(value: Any, name: str, accepted: str) -> list[Any]:
    """Return the items of a list, tuple or one-dimensional array."""
    if isinstance(value, (tuple, list)):
        return list(value)
    if getattr(value, "ndim", None) == 1 and hasattr(value, "tolist"):
        # float32 0.485 stays the float32 nearest to 0.485: what came is what is used.
        return list(value.tolist())
    raise TypeError(f"{name} must be {accepted}, got {show(value)}")


def size(value: Any, name: str) -> tuple[int, int]:
    """Return a (height, width) of positive ints."""
    if type(value) is tuple and len(value) == 2:
        height, width = value
        if type(height) is int and type(width) is int and 0 < height <= MOST_PIXELS and 0 < width <= MOST_PIXELS:
            return height, width
    if not isinstance(value, (tuple, list)) and getattr(value, "ndim", None) != 1:
        hint = (
            f"; for a square write ({value}, {value})" if isinstance(value, int) and not isinstance(value, bool) else ""
        )
        raise TypeError(f"{name} must be (height, width), got {show(value)}{hint}")
    pair = items(value, name, "(height, width)")
    if len(pair) != 2:
        raise ValueError(f"{name} must be (height, width), got {len(pair)} values: {show(value)}")
    height, width = integer(pair[0], f"{name}[0]"), integer(pair[1], f"{name}[1]")
    if height < 1 or width < 1:
        raise ValueError(f"{name} must be at least (1, 1), got ({height}, {width})")
    if height > MOST_PIXELS or width > MOST_PIXELS:
        raise ValueError(f"{name} must be at most 2**31 - 1 on either side, got ({height}, {width})")
    return height, width


def scale(value: Any, height: float, width: float) -> tuple[int, int]:
    """Return the size that ``scale`` makes of a (height, width)."""
    if isinstance(value, (tuple, list)) or getattr(value, "ndim", None) == 1:
        pair = items(value, "scale", "a number or (scale_y, scale_x)")
        if len(pair) != 2:
            raise ValueError(f"scale must be a number or (scale_y, scale_x), got {len(pair)} values: {show(value)}")
        y, x = number(pair[0], "scale[0]"), number(pair[1], "scale[1]")
    else:
        y = x = number(value, "scale")
    if y <= 0 or x <= 0:
        raise ValueError(f"scale must be above 0, got {show(value)}")
    high, wide = height * y + 0.5, width * x + 0.5
    if not (high < MOST_PIXELS + 1 and wide < MOST_PIXELS + 1):
        raise ValueError(f"scale={show(value)} makes a side beyond 2**31 - 1 of an image of {height} x {width}")
    return max(1, math.floor(high)), max(1, math.floor(wide))


def box(value: Any, height: int, width: int) -> Box:
    """Return a (left, top, right, bottom) of floats inside an image of ``height`` x ``width``."""
    if type(value) is tuple and len(value) == 4 and _PLAIN_NUMBERS.issuperset(map(type, value)):
        left, top, right, bottom = value
        if 0 <= left < right <= width and 0 <= top < bottom <= height:  # false for nan
            return float(left), float(top), float(right), float(bottom)
    four = items(value, "box", "(left, top, right, bottom)")
    if len(four) != 4:
        raise ValueError(f"box must be (left, top, right, bottom), got {len(four)} values: {show(value)}")
    left, top, right, bottom = (number(four[k], f"box[{k}]") for k in range(4))
    if not (0 <= left < right <= width and 0 <= top < bottom <= height):
        raise ValueError(
            f"box must satisfy 0 <= left < right <= {width} and 0 <= top < bottom <= {height} for an image of "
            f"{height} x {width} (height x width), got ({left}, {top}, {right}, {bottom})"
        )
    return left, top, right, bottom


def numbers(value: Any, name: str, finite: bool = True, exact: bool = False) -> tuple[float, ...]:
    """Return one or more real numbers, each as of `number`."""
    if type(value) is tuple and value:
        for one in value:
            if one.__class__ is not float or one - one != 0.0:  # inf - inf and nan - nan are nan
                break
        else:
            return value
    if isinstance(value, (tuple, list)) or getattr(value, "ndim", None) == 1:
        listed = items(value, name, "a number or one number per channel")
        if not listed:
            raise ValueError(f"{name} must be a number or one number per channel, got none")
        return tuple([number(one, f"{name}[{k}]", finite, exact) for k, one in enumerate(listed)])
    if getattr(value, "ndim", 0) > 1:
        raise ValueError(f"{name} must be a number or one number per channel, got shape {tuple(value.shape)}")
    return (number(value, name, finite, exact),)


def positive(values: tuple[float, ...], name: str) -> tuple[float, ...]:
    """Return ``values``, all above 0."""
    if min(values) <= 0.0:
        raise ValueError(f"{name} must be above 0, got {values if len(values) > 1 else values[0]}")
    return values


def per_channel(values: tuple[float, ...], channels: int, name: str) -> None:
    """Raise unless there is one value, or one for each channel."""
    if len(values) != 1 and len(values) != channels:
        raise ValueError(f"{name} must have 1 value or {channels} (one per channel), got {len(values)}")


def anchor(value: Any, height: int, width: int, what: str) -> tuple[int, int]:
    """Return the element (y, x) of a kernel or a footprint that lies on the pixel itself; given as (x, y)."""
    if value is None:
        return height // 2, width // 2
    pair = items(value, "anchor", "(x, y)")
    if len(pair) != 2:
        raise ValueError(f"anchor must be (x, y), got {len(pair)} values: {show(value)}")
    x, y = integer(pair[0], "anchor[0]"), integer(pair[1], "anchor[1]")
    if not (0 <= x < width and 0 <= y < height):
        raise ValueError(
            f"anchor must be an element (x, y) of a {what} of {height} x {width} (height x width), got ({x}, {y})"
        )
    return y, x


def real_array(value: Any, name: str) -> NDArray[Any]:
    """Return an array of bools, integers or floats."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} must not be a masked array, whose mask would be lost; pass {name}.filled(value)")
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:
        raise TypeError(f"{name} must be an array of numbers: {error}") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be an array of real numbers, got dtype {array.dtype}")
    return array


def premultiply(value: Any, channels: int, layout: str, shape: Sequence[int]) -> bool:
    """Return whether colours are weighted by alpha, which there must be."""
    wanted = boolean(value, "premultiply")
    if wanted and channels not in (2, 4):
        raise ValueError(
            f"premultiply needs 4 channels (RGBA) or 2 (gray and alpha), got {channels} "
            f"in layout {layout}, shape {tuple(shape)}"
        )
    return wanted


def dtype(value: Any, accepted: dict[str, np.dtype[Any]], name: str = "dtype") -> np.dtype[Any]:
    """Return one of the accepted dtypes, given by name, as a dtype or type of NumPy, or as a dtype of torch."""
    if type(value) is str and value in accepted:
        return accepted[value]
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, getattr(torch, "dtype", ())):
        key = str(value).removeprefix("torch.")
    else:
        try:
            key = np.dtype(value).name if value is not None else "None"
        except TypeError:
            key = str(value)
    if key in accepted:
        return accepted[key]
    raise TypeError(f"{name} must be one of {', '.join(accepted)}, got {show(value)}")
