"""fast_image_resize, by way of cykooz-resizer. Its images own their bytes; results stay in them.

The source ``ImageData`` is made outside of the call. Into a fresh ``ImageData`` is one column, into a given one the
other. That favours it: an array's way in, and ``get_buffer``'s copy out to bytes, are not counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..cases import Case
from ..oracle import crop_origin, shorter_side
from . import installed_version
from .base import BOX_NOTE, NEAREST_BOUND, Array, Bound, Images, Job, LocalJob, Peer, Skip

from cykooz_resizer import (  # isort: skip
    FilterType,
    ImageData,
    PixelType,
    ResizeAlg,
    ResizeOptions,
    Resizer,
    ResizerThreadPool,
)

FILTERS = {
    "area": FilterType.box,
    "bilinear": FilterType.bilinear,
    "bicubic": FilterType.catmull_rom,
    "lanczos": FilterType.lanczos3,
}
PREFIX = {"u8": "U8", "u16": "U16", "f32": "F32"}


class Adaptor(Peer):
    def version(self) -> str:
        return installed_version("cykooz-resizer")

    def jobs(self, case: Case, buffers: list[Images]) -> list[Job]:
        if case.image.count > 1:
            raise Skip("lists are timed with torchvision and Pillow")
        if case.op not in ("resize", "preprocess"):
            raise Skip("no such function")
        if case.image.dtype not in PREFIX or case.image.channels > 4:
            raise Skip(f"no pixel type for {case.image.dtype} with {case.image.channels} channels")
        if case.image.view:
            raise Skip("an ImageData owns its pixels: views are timed with the others")
        channels = f"x{case.image.channels}" if case.image.channels > 1 else ""
        pixel = PixelType[PREFIX[case.image.dtype] + channels]
        options = self._options(case)
        sources = [_data(images[0], pixel) for images in buffers]
        if case.op == "preprocess":
            return self._preprocess(case, sources, pixel, options)
        return self._resize(case, sources, pixel, options)

    def _options(self, case: Case) -> Any:
        name = case.params.get("interpolation", "bilinear")
        if name == "nearest":
            algorithm = ResizeAlg.nearest()
        elif case.shrinks and not case.params.get("antialias", True):
            raise Skip("its plain interpolation is not exposed")
        else:
            algorithm = ResizeAlg.convolution(FILTERS[name])
        pool = ResizerThreadPool(self.threads) if self.threads > 1 else None
        return ResizeOptions(resize_alg=algorithm, use_alpha=False, thread_pool=pool)

    def _resize(self, case: Case, sources: list[Any], pixel: Any, options: Any) -> list[Job]:
        name = case.params["interpolation"]
        height, width = case.output_size
        shape = (height, width) + ((case.image.channels,) if case.image.channels > 1 else ())
        dtype = np.dtype({"u8": "u1", "u16": "u2", "f32": "f4"}[case.image.dtype])
        outs = [ImageData(width, height, pixel) for _ in sources]
        pairs = list(zip(sources, outs, strict=True))
        resizer = Resizer()

        def write(source: Any, out: Any) -> Any:
            resizer.resize(source, out, options)
            return out

        def fresh(source: Any) -> Any:
            out = ImageData(width, height, pixel)
            resizer.resize(source, out, options)
            return out

        def picture(result: Any) -> Array:
            return np.frombuffer(result.get_buffer(), dtype).reshape(shape)

        bound, note = NEAREST_BOUND if name == "nearest" else Bound(64, 0.8), ""
        if name == "area":
            bound, note = Bound(255, 12), BOX_NOTE
        more = {"bound": bound, "note": note}
        return [
            LocalJob([lambda s=s: fresh(s) for s in sources], picture, **more),
            LocalJob([lambda s=s, o=o: write(s, o) for s, o in pairs], picture, out=True, **more),
        ]

    def _preprocess(self, case: Case, sources: list[Any], pixel: Any, options: Any) -> list[Job]:
        if case.output_dtype != "f32":
            raise Skip("timed for float32")
        run = _pipeline(case, pixel, options)
        return [LocalJob([lambda s=s: run(s) for s in sources], bound=Bound(12, 0.8), note="NumPy after the resize")]


def _pipeline(case: Case, pixel: Any, options: Any) -> Callable[[Any], Array]:
    p = case.params
    crop = p["crop"]
    height, width = shorter_side(case.image.size, p["resize"])
    top, left = crop_origin((height, width), crop)
    std = np.array(p["std"], np.float32)
    factor = (1 / (255 * std)).reshape(3, 1, 1)
    offset = (np.array(p["mean"], np.float32) / std).reshape(3, 1, 1)
    resizer = Resizer()
    out = ImageData(width, height, pixel)

    def run(source: Any) -> Array:
        resizer.resize(source, out, options)
        image = np.frombuffer(out.get_buffer(), np.uint8).reshape(height, width, 3)
        image = image[top : top + crop, left : left + crop]
        image = image[:, ::-1] if p.get("flip") else image
        result: Array = np.multiply(image.transpose(2, 0, 1), factor, order="C")
        result -= offset
        return result

    return run


def _data(image: Array, pixel: Any) -> Any:
    return ImageData(image.shape[1], image.shape[0], pixel, image.tobytes())
