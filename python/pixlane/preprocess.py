"""Photographs in, model-ready batches out, in one pass: the meaning of the arguments."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, NoReturn

import numpy as np

from pixlane import _args, _array
from pixlane._array import Array, Kind
from pixlane._op import Call, op
from pixlane.color import OUTPUTS, default_scale, mean_and_std

__all__ = ["Preprocess", "Transform", "preprocess"]

_FITS = ("shorter", "stretch", "pad")
_LAYOUTS_OUT = ("NCHW", "NHWC")
_DTYPES = {name: OUTPUTS[name] for name in ("float32", "float16", "uint8")}

Fit = Literal["shorter", "stretch", "pad"]
Size = int | tuple[int, int]
CropBox = tuple[int, int, int, int]
_Plan = tuple[tuple[int, int], int, int, tuple[int, int]]  # resized size, top, left, size of the result


#: The arguments of `preprocess`, checked as far as they can be without an image: resize, fit, crop, mean, std, scale,
#: pad_value, interpolation, antialias, dtype, layout_out. Plain values, so that calls can be known by them.
_Settings = tuple[
    Size | None,
    str,
    Size | CropBox | None,
    tuple[float, ...],
    tuple[float, ...],
    float | None,
    tuple[float, ...],
    str,
    bool,
    str,
    str,
]


def preprocess(
    images: Array | Sequence[Array],
    *,
    resize: _args.Sides | None = None,
    fit: Fit = "shorter",
    crop: _args.Sides | None = None,
    flip: _args.Flags = False,
    mean: _args.Numbers | None = None,
    std: _args.Numbers | None = None,
    scale: float | None = None,
    pad_value: _args.Numbers = 0,
    interpolation: str = "bilinear",
    antialias: bool = True,
    dtype: Any = "float32",
    layout: str | None = None,
    layout_out: Literal["NCHW", "NHWC"] = "NCHW",
    return_transform: bool = False,
    out: Array | None = None,
) -> Any:
    """Resize, crop, flip and normalize photographs into model input, in one pass.

    Parameters
    ----------
    images : array, or list or tuple of arrays
        One image (H, W) or (H, W, C), a batch (N, H, W, C), or a list of images of any sizes with one dtype and
        number of channels. uint8, uint16, int16, float16, float32 or float64; any strides. NumPy, CuPy, PIL, torch
        (there (H, W), (C, H, W) or (N, C, H, W)), or anything with DLPack or an array interface.
    resize : int or (int, int), optional
        Size before the crop, as ``fit`` says.
    fit : {"shorter", "stretch", "pad"}
        With an int for ``resize``, "shorter" makes the shorter side that long and the longer one
        int(resize * longer / shorter), cut off as in torchvision; "stretch" and "pad" take it for (resize, resize).
        With (height, width), "shorter" and "stretch" make exactly that size. "pad" (letterboxing) scales the image to
        fit inside (height, width), the other side being floor(side * scale + 1/2), and centres it, with ``pad_value``
        around it (the odd pixel to the right and below).
    crop : int, (int, int) or (int, int, int, int), optional
        A centre crop to (height, width), where an int means a square, or a given box (left, top, right, bottom) in
        pixels of the resized image. What lies outside is filled with ``pad_value``. An odd margin is split as in
        torchvision.
    flip : bool or sequence of bool
        Mirror left to right, for all images or one by one.
    mean, std : float or sequence of float, optional
        The result is (pixel * scale - mean) / std; 0 and 1 by default. One value, or one per channel.
    scale : float, optional
        By default 1/255 for uint8, 1/65535 for uint16, 1 for other images, and 1 when ``dtype`` is "uint8".
    pad_value : float or sequence of float
        What is outside the image, in its units (0..255 for uint8), rounded to its dtype; one, or one per channel.
    interpolation, antialias
        As in `resize`.
    dtype : {"float32", "float16", "uint8"}
        Dtype of the result.
    layout : {"HW", "HWC", "CHW", "NHW", "NHWC", "NCHW"}, optional
        What the axes are, where it is not the default above; for each image of a list.
    layout_out : {"NCHW", "NHWC"}
        Axes of the result; one image gives them without N.
    return_transform : bool
        Also return what carries coordinates there and back: a `Transform`, or for a batch a list of them.
    out : array, optional
        Where to write the result; of the kind of ``images``, of the right dtype and shape, not overlapping them.

    Returns
    -------
    array, or (array, Transform or list of Transform)
        (C, H, W) for one image, (N, C, H, W) for a batch or a list; torch for torch, CuPy for CuPy, else NumPy;
        ``out`` when given.

    Raises
    ------
    TypeError
        Unsupported kind of array or dtype, kinds or dtypes mixed in a list; the message names the image.
    ValueError
        An image without pixels (the message names it), results of different sizes, an unknown name, a wrong number of
        channels in ``mean``, ``std`` or ``pad_value``, ``out`` of the wrong shape, read-only or overlapping an image.
    MemoryError
        The result cannot be allocated.

    Notes
    -----
    Exactness: the same values as `resize` of the whole image, crop, flip and `normalize` one after the other, so
    bit-identical on every backend; only the pixels that the crop needs are computed. EXIF orientation of PIL images
    is not applied (``PIL.ImageOps.exif_transpose`` does that).

    Source: torchvision's Resize, CenterCrop, ToTensor and Normalize; letterboxing as in YOLO.

    Examples
    --------
    >>> photographs = [np.zeros((480, 640, 3), np.uint8), np.zeros((300, 200, 3), np.uint8)]
    >>> px.preprocess(photographs, resize=256, crop=224, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)).shape
    (2, 3, 224, 224)
    """
    wanted = _args.boolean(return_transform, "return_transform")
    result = _preprocess(
        *(images, out, flip, layout),
        *(resize, fit, crop, mean, std, scale, pad_value, interpolation, antialias, dtype, layout_out),
    )
    return (result, _transforms(images, flip, layout, resize, fit, crop)) if wanted else result


class Preprocess:
    """`preprocess` with its options fixed: checked once, immutable, picklable, hashable.

    A transform for a torch ``Dataset`` and ``DataLoader`` (workers by fork and by spawn) and for torchvision's
    ``Compose``.

    Parameters
    ----------
    resize, fit, crop, flip, mean, std, scale, pad_value, interpolation, antialias, dtype, layout, layout_out
        As in `preprocess`. They can be read as attributes.

    Raises
    ------
    TypeError, ValueError
        As in `preprocess`, here already when no image is needed to tell.

    Examples
    --------
    >>> transform = px.Preprocess(resize=256, crop=224, mean=0.5, std=0.5)
    >>> transform
    Preprocess(resize=256, crop=224, mean=0.5, std=0.5)
    >>> transform(np.zeros((480, 640, 3), np.uint8)).shape
    (3, 224, 224)
    """

    __slots__ = ("_options", "_settings")
    _options: dict[str, Any]
    _settings: _Settings

    def __init__(
        self,
        *,
        resize: _args.Sides | None = None,
        fit: Fit = "shorter",
        crop: _args.Sides | None = None,
        flip: _args.Flags = False,
        mean: _args.Numbers | None = None,
        std: _args.Numbers | None = None,
        scale: float | None = None,
        pad_value: _args.Numbers = 0,
        interpolation: str = "bilinear",
        antialias: bool = True,
        dtype: Any = "float32",
        layout: str | None = None,
        layout_out: Literal["NCHW", "NHWC"] = "NCHW",
    ) -> None:
        settings = _settings(
            resize, fit, crop, mean, std, scale, pad_value, interpolation, antialias, dtype, layout_out
        )
        if layout is not None:
            _array.check_layout_name(layout, "layout")
        extent, (means, stds, factor, pad), ways = settings[:3], settings[3:7], settings[7:]
        options = {
            "resize": extent[0],
            "fit": extent[1],
            "crop": extent[2],
            "flip": flips if isinstance(flips := _flips(flip), bool) else tuple(flips),
            "mean": None if mean is None else _plain(means, mean),
            "std": None if std is None else _plain(stds, std),
            "scale": factor,
            "pad_value": _plain(pad, pad_value),
            "interpolation": ways[0],
            "antialias": ways[1],
            "dtype": ways[2],
            "layout": layout,
            "layout_out": ways[3],
        }
        object.__setattr__(self, "_settings", settings)
        object.__setattr__(self, "_options", options)

    def __call__(
        self,
        images: Array | Sequence[Array],
        *,
        flip: _args.Flags | None = None,
        return_transform: bool = False,
        out: Array | None = None,
    ) -> Any:
        """Do it.

        Parameters
        ----------
        images, return_transform, out
            As in `preprocess`.
        flip : bool or sequence of bool, optional
            In the place of the fixed one, for this call: what a random augmentation decides.

        Returns
        -------
        array, or (array, Transform or list of Transform)
            As from `preprocess`.
        """
        options = self._options
        mirrored = options["flip"] if flip is None else flip
        wanted = _args.boolean(return_transform, "return_transform")
        result = _prepared(images, out, mirrored, options["layout"], self._settings)
        return (result, _transforms(images, mirrored, options["layout"], *self._settings[:3])) if wanted else result

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self._options:
            return self._options[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable; make another one")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable; make another one")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._options]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Preprocess):
            return NotImplemented
        return type(self) is type(other) and self._options == other._options

    def __hash__(self) -> int:
        return hash(tuple(self._options.values()))

    def __repr__(self) -> str:
        options = ", ".join(f"{k}={v!r}" for k, v in self._options.items() if v != _DEFAULTS[k])
        return f"{type(self).__name__}({options})"

    def __reduce__(self) -> tuple[Callable[..., Preprocess], tuple[type[Preprocess], dict[str, Any]]]:
        return _rebuild, (type(self), self._options)


def _rebuild(cls: type[Preprocess], options: dict[str, Any]) -> Preprocess:
    return cls(**options)


_DEFAULTS: dict[str, Any] = dict(Preprocess.__init__.__kwdefaults__ or {})


class Transform:
    """Carries coordinates from an image to its preprocessed form, and back.

    Boxes are (left, top, right, bottom) with pixels as areas: (0, 0, 1, 1) is the first pixel. Points are (x, y) and
    count pixel centres: (0, 0) is the middle of the first pixel. Both may be any array or nested sequence whose last
    axis they are; the result is float32 for float32, else float64, and torch for torch. Nothing is clipped unless
    asked for.

    Attributes
    ----------
    input_size, resized_size, output_size : (int, int)
        Height and width of the image, of the whole image after resizing, and of the result.
    offset : (int, int)
        The (x, y) of the resized image at which the result begins; negative where it is padded.
    flipped : bool
        Whether the result is mirrored left to right.

    Examples
    --------
    >>> photograph = np.zeros((100, 200, 3), np.uint8)
    >>> _, transform = px.preprocess(photograph, resize=(64, 64), fit="pad", return_transform=True)
    >>> transform.boxes([0, 0, 200, 100])
    array([ 0., 16., 64., 48.])
    >>> transform.inverse_boxes([0, 16, 64, 48])
    array([  0.,   0., 200., 100.])
    """

    __slots__ = ("flipped", "input_size", "offset", "output_size", "resized_size")

    def __init__(
        self,
        input_size: tuple[int, int],
        resized_size: tuple[int, int],
        offset: tuple[int, int],
        output_size: tuple[int, int],
        flipped: bool,
    ) -> None:
        self.input_size = input_size
        self.resized_size = resized_size
        self.offset = offset
        self.output_size = output_size
        self.flipped = flipped

    def __repr__(self) -> str:
        return (
            f"Transform(input_size={self.input_size}, resized_size={self.resized_size}, offset={self.offset}, "
            f"output_size={self.output_size}, flipped={self.flipped})"
        )

    def boxes(self, boxes: Any, *, clip: bool = False) -> Any:
        """Return boxes of the image as boxes of the result, clipped to it where asked for."""
        values, restore = _coordinates(boxes, 4, "boxes")
        moved = self._forward(values.reshape(*values.shape[:-1], 2, 2), 0.0).reshape(values.shape)
        if self.flipped:
            moved = moved[..., [2, 1, 0, 3]]
        return restore(_clip(moved, self.output_size) if clip else moved)

    def points(self, points: Any) -> Any:
        """Return points of the image as points of the result."""
        values, restore = _coordinates(points, 2, "points")
        return restore(self._forward(values, 0.5))

    def inverse_boxes(self, boxes: Any, *, clip: bool = False) -> Any:
        """Return boxes of the result as boxes of the image, clipped to it where asked for."""
        values, restore = _coordinates(boxes, 4, "boxes")
        moved = self._backward(values.reshape(*values.shape[:-1], 2, 2), 0.0).reshape(values.shape)
        if self.flipped:
            moved = moved[..., [2, 1, 0, 3]]
        return restore(_clip(moved, self.input_size) if clip else moved)

    def inverse_points(self, points: Any) -> Any:
        """Return points of the result as points of the image."""
        values, restore = _coordinates(points, 2, "points")
        return restore(self._backward(values, 0.5))

    def _forward(self, xy: Any, centre: float) -> Any:
        moved = (xy + centre) * self._numerator / self._denominator - np.array(self.offset, np.float64)
        if self.flipped:
            moved[..., 0] = self.output_size[1] - moved[..., 0]
        return moved - centre

    def _backward(self, xy: Any, centre: float) -> Any:
        moved = xy + centre
        if self.flipped:
            moved[..., 0] = self.output_size[1] - moved[..., 0]
        return (moved + np.array(self.offset, np.float64)) * self._denominator / self._numerator - centre

    @property
    def _numerator(self) -> Any:
        return np.array(self.resized_size[::-1], np.float64)

    @property
    def _denominator(self) -> Any:
        return np.array(self.input_size[::-1], np.float64)


def _coordinates(values: Any, length: int, name: str) -> tuple[Any, Callable[[Any], Any]]:
    """Return float64 coordinates, and a function that makes of such ones what came in."""
    if isinstance(values, (list, tuple)):
        array, kind = np.asarray(values), _array.NUMPY
    else:
        array, kind = _array.view(values, name)
    if kind.xp is not np:
        raise TypeError(f"{name} must be in main memory, got a {kind.name}; move them there first")
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be real numbers, got dtype {array.dtype}")
    if array.shape == (0,):
        array = array.reshape(0, length)  # an empty list: none of them
    if array.ndim == 0 or array.shape[-1] != length:
        raise ValueError(f"{name} must have shape (..., {length}), got {array.shape}")
    dtype = np.float32 if array.dtype == np.float32 else np.float64
    return array.astype(np.float64), lambda result: kind.wrap(np.ascontiguousarray(result, dtype))


def _clip(boxes: Any, size: tuple[int, int]) -> Any:
    height, width = size
    return np.clip(boxes, 0.0, np.array([width, height, width, height], np.float64))


def _plain(values: tuple[float, ...], given: Any) -> float | tuple[float, ...]:
    """Return a number where a number was given."""
    return values if isinstance(given, (tuple, list)) or getattr(given, "ndim", 0) == 1 else values[0]


def _settings(
    resize: Any,
    fit: Any,
    crop: Any,
    mean: Any,
    std: Any,
    scale: Any,
    pad_value: Any,
    interpolation: Any,
    antialias: Any,
    dtype: Any,
    layout_out: Any,
) -> _Settings:
    means, stds = mean_and_std(0.0 if mean is None else mean, 1.0 if std is None else std, None)
    return (
        *_extent(resize, fit, crop),
        means,
        stds,
        None if scale is None else _args.number(scale, "scale"),
        _args.numbers(pad_value, "pad_value"),
        _args.interpolation(interpolation),
        _args.boolean(antialias, "antialias"),
        _args.dtype(dtype, _DTYPES).name,
        _args.choice(layout_out, _LAYOUTS_OUT, "layout_out"),
    )


def _extent(resize: Any, fit: Any, crop: Any) -> tuple[Size | None, str, Size | CropBox | None]:
    """Return ``resize``, ``fit`` and ``crop``, checked."""
    if resize is not None:
        resize = _side_or_size(resize, "resize")
    fit = _args.choice(fit, _FITS, "fit")
    if fit == "pad" and resize is None:
        raise ValueError('fit="pad" needs resize=(height, width)')
    return resize, fit, None if crop is None else _crop(crop)


def _side_or_size(value: Any, name: str) -> Size:
    if isinstance(value, (tuple, list)) or getattr(value, "ndim", None) == 1:
        return _args.size(value, name)
    return _side(value, name, "an int or (height, width)")


def _side(value: Any, name: str, accepted: str) -> int:
    try:
        side = _args.integer(value, name)
    except TypeError:
        raise TypeError(f"{name} must be {accepted}, got {_args.show(value)}") from None
    if side < 1:
        raise ValueError(f"{name} must be at least 1, got {side}")
    return side


def _crop(crop: Any) -> Size | CropBox:
    if isinstance(crop, (tuple, list)) or getattr(crop, "ndim", None) == 1:
        values = _args.items(crop, "crop", "an int, (height, width) or (left, top, right, bottom)")
        if len(values) == 4:
            left, top, right, bottom = (_args.integer(values[k], f"crop[{k}]") for k in range(4))
            if right <= left or bottom <= top:
                raise ValueError(f"crop must satisfy left < right and top < bottom, got {(left, top, right, bottom)}")
            return left, top, right, bottom
        if len(values) != 2:
            raise ValueError(
                f"crop must be an int, (height, width) or (left, top, right, bottom), got {len(values)} values"
            )
        return _args.size(crop, "crop")
    return _side(crop, "crop", "an int, (height, width) or (left, top, right, bottom)")


def _flips(flip: Any) -> bool | list[bool]:
    if isinstance(flip, (bool, np.bool_)):
        return bool(flip)
    listed = _args.items(flip, "flip", "a bool, or one bool per image")
    return [_args.boolean(one, f"flip[{k}]") for k, one in enumerate(listed)]


def _resized(height: int, width: int, resize: Size | None, fit: str) -> tuple[int, int]:
    """Return the size that the whole image is resized to."""
    if resize is None:
        return height, width
    if fit == "shorter" and isinstance(resize, int):
        if height <= width:
            return resize, int(resize * width / height)
        return int(resize * height / width), resize
    box_height, box_width = resize if isinstance(resize, tuple) else (resize, resize)
    if fit != "pad":
        return box_height, box_width
    # In integers, so that an exact fit stays exact: floor(side * scale + 1/2).
    if box_height * width <= box_width * height:
        return box_height, max(1, (2 * width * box_height + height) // (2 * height))
    return max(1, (2 * height * box_width + width) // (2 * width)), box_width


@functools.lru_cache(maxsize=1024)
def _geometry(height: int, width: int, resize: Size | None, fit: str, crop: Size | CropBox | None) -> _Plan:
    """Return where the pixels of an image go: resized size, (top, left) of the result in it, size of the result."""
    resized = canvas = _resized(height, width, resize, fit)
    if fit == "pad" and resize is not None:
        canvas = resize if isinstance(resize, tuple) else (resize, resize)
    # The canvas begins at (top, left) of the resized image, and the result at some pixel of the canvas.
    top, left = -((canvas[0] - resized[0]) // 2), -((canvas[1] - resized[1]) // 2)
    if isinstance(crop, tuple) and len(crop) == 4:
        x0, y0, x1, y1 = crop
        top, left, size = top + y0, left + x0, (y1 - y0, x1 - x0)
    elif crop is not None:
        size = crop if isinstance(crop, tuple) else (crop, crop)
        top, left = top + _centre(canvas[0], size[0]), left + _centre(canvas[1], size[1])
    else:
        size = canvas
    if max(*resized, *size, abs(top), abs(left)) > _args.MOST_PIXELS:
        raise ValueError(f"resize={resize} and crop={crop} make {height} x {width} pixels too large, beyond 2**31 - 1")
    return resized, top, left, size


def _centre(side: int, crop: int) -> int:
    """Return where a centre crop begins: torchvision's rounding, of a padding and of a half."""
    return round((side - crop) / 2.0) if crop <= side else -((crop - side) // 2)


def _source(image: Any, name: str, layout: Any) -> _array.Source:
    source = _array.source(image, name, layout)
    if not (source.height and source.width):
        raise ValueError(f"{name} has no pixels: its shape is {tuple(source.array.shape)} in layout {source.layout}")
    return source


def _sources(images: Any, layout: Any) -> list[_array.Source]:
    """Return the image or batch, or the images of a list, all of one kind, dtype and number of channels."""
    if not isinstance(images, (list, tuple)):
        return [_source(images, "images", layout)]
    if not images:
        raise ValueError("images is empty: give at least one image")
    sources: list[_array.Source] = []
    for k, image in enumerate(images):
        source = _source(image, f"images[{k}]", layout)
        sources.append(source)
        first = sources[0]
        if source.layout[0] == "N":
            raise ValueError(
                f"images[{k}] must be one image, got a batch of shape {tuple(source.array.shape)}; "
                "give the batch alone, or its images one by one"
            )
        if source.kind is not first.kind and not _is_same_kind(source.kind, first.kind):
            raise TypeError(
                f"images[{k}] is a {source.kind.name}, images[0] a {first.kind.name}; give images of one kind"
            )
        if source.array.dtype != first.array.dtype:
            raise TypeError(
                f"images[{k}] has dtype {source.array.dtype}, images[0] has {first.array.dtype}; "
                "give images of one dtype"
            )
        if source.channels != first.channels:
            raise ValueError(
                f"images[{k}] has {source.channels} channels (shape {tuple(source.array.shape)}), images[0] has "
                f"{first.channels}; give images with the same number of channels"
            )
    return sources


def _is_same_kind(one: Kind, two: Kind) -> bool:
    return type(one) is type(two) and getattr(one, "device", None) == getattr(two, "device", None)


@op("preprocess")
def _preprocess(images: Any, flip: Any, layout: Any, *options: Any) -> Call:
    return _meaning(images, flip, layout, _settings(*options))


def _meaning(images: Any, flip: Any, layout: Any, settings: _Settings) -> Call:
    resize, fit, crop, mean, std, scale, pad_value, interpolation, antialias, dtype_name, layout_out = settings
    dtype = _DTYPES[dtype_name]
    sources = _sources(images, layout)
    first = sources[0]
    kind, channels, source_dtype = first.kind, first.channels, first.array.dtype
    _args.per_channel(mean, channels, "mean and std")  # of one length by now
    if pad_value != (0.0,):
        _check_pad_value(pad_value, channels, source_dtype)
    count, one = _count(images, sources)
    flips = _flips_of(flip, count)
    plans = _plans(sources, resize, fit, crop)
    height, width = plans[0][3]
    shape: tuple[int, ...] = (channels, height, width) if layout_out == "NCHW" else (height, width, channels)
    if one:
        layout_out = layout_out[1:]
    else:
        shape = (count, *shape)

    read: Any = first.array if len(sources) == 1 else tuple([source.array for source in sources])
    layouts = tuple([source.layout for source in sources])
    if len(set(flips)) < 2:
        flips = flips[: len(sources)]
    elif len(sources) < count:  # mirrored one by one: a batch is one source only when treated alike
        read, layouts, plans = tuple(first.array), (first.layout[1:],) * count, plans * count
    windows = tuple([(*plan[0], plan[1], plan[2], one) for plan, one in zip(plans, flips, strict=True)])
    factor = default_scale(scale, source_dtype, dtype)
    arguments = (layouts, layout_out, windows, interpolation, antialias, pad_value, factor, mean, std)
    return read, shape, dtype, arguments, kind, tuple([source.given for source in sources]), False


_prepared = op("preprocess")(_meaning)


def _count(images: Any, sources: list[_array.Source]) -> tuple[int, bool]:
    """Return how many images there are, and whether it is one that came alone."""
    if isinstance(images, (list, tuple)):
        return len(sources), False
    is_batch = sources[0].layout[0] == "N"
    return (sources[0].array.shape[0], False) if is_batch else (1, True)


def _flips_of(flip: Any, count: int) -> list[bool]:
    """Return whether to mirror, for each image; one value where there is none."""
    flips = _flips(flip)
    if isinstance(flips, bool):
        return [flips] * max(count, 1)
    if len(flips) != count:
        raise ValueError(f"flip must be a bool or one bool for each of {count} images, got {len(flips)} values")
    return flips or [False]


def _plans(sources: list[_array.Source], resize: Size | None, fit: str, crop: Size | CropBox | None) -> list[_Plan]:
    """Return where the pixels of each image go; the results have one size."""
    plans = [_geometry(source.height, source.width, resize, fit, crop) for source in sources]
    height, width = plans[0][3]
    for k, plan in enumerate(plans):
        if plan[3] != (height, width):
            raise ValueError(
                f"images[{k}] of {sources[k].height} x {sources[k].width} gives {plan[3][0]} x {plan[3][1]}, "
                f"images[0] of {sources[0].height} x {sources[0].width} gives {height} x {width} "
                '(height x width); for one size give crop=, or resize=(height, width) with fit="stretch" or "pad"'
            )
    return plans


def _transforms(images: Any, flip: Any, layout: Any, resize: Any, fit: Any, crop: Any) -> Transform | list[Transform]:
    """Return what carries the coordinates of images that were just preprocessed."""
    sources = _sources(images, layout)
    count, one = _count(images, sources)
    plans = _plans(sources, *_extent(resize, fit, crop))
    transforms = []
    for k, mirrored in enumerate(_flips_of(flip, count)[:count]):
        at = k if len(sources) == count else 0
        resized, top, left, size = plans[at]
        transforms.append(Transform((sources[at].height, sources[at].width), resized, (left, top), size, mirrored))
    return transforms[0] if one else transforms


def _check_pad_value(values: tuple[float, ...], channels: int, dtype: np.dtype[Any]) -> None:
    _args.per_channel(values, channels, "pad_value")
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        for value in values:
            if not limits.min <= math.floor(value + 0.5) <= limits.max:
                raise ValueError(f"pad_value must be from {limits.min} to {limits.max} for {dtype} images, got {value}")
