"""Pillow (and, through its server, Pillow-SIMD). Inputs are PIL images and results stay so, outside of preprocess.

That favours Pillow: an array's way into and out of an Image costs it a copy each, which is not counted here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..cases import Case
from ..oracle import crop_origin, shorter_side
from . import installed_version
from .base import BOX_NOTE, NEAREST_BOUND, Array, Bound, Images, Job, LocalJob, Peer, Skip, over_list

from PIL import Image as PilImage, ImageFilter  # isort: skip

FILTERS = {
    "nearest": PilImage.Resampling.NEAREST,
    "bilinear": PilImage.Resampling.BILINEAR,
    "bicubic": PilImage.Resampling.BICUBIC,
    "lanczos": PilImage.Resampling.LANCZOS,
    "area": PilImage.Resampling.BOX,
}


class Adaptor(Peer):
    def version(self) -> str:
        return installed_version("pillow")

    def jobs(self, case: Case, buffers: list[Images]) -> list[Job]:
        kind = (case.image.dtype, case.image.channels)
        if kind not in {("u8", 1), ("u8", 3), ("u8", 4), ("f32", 1), ("u16", 1)}:
            raise Skip(f"no mode for {case.image.dtype} with {case.image.channels} channels")
        if case.image.view:
            raise Skip("an Image owns its pixels: views are timed with the others")
        if not case.params.get("antialias", True) and case.shrinks:
            raise Skip("always antialiases")
        if case.op == "resize":
            return self._resize(case, [_image(images[0]) for images in buffers])
        if case.op == "preprocess":
            return self._preprocess(case, buffers)
        if case.op in ("rotate", "flip", "rot90"):
            return self._turn(case, [_image(images[0]) for images in buffers])
        if case.op in ("gaussian_blur", "unsharp_mask"):
            return self._blur(case, [_image(images[0]) for images in buffers])
        raise Skip("no such function")

    def _blur(self, case: Case, images: list[Any]) -> list[Job]:
        if case.image.dtype != "u8":
            raise Skip("blurs uint8 only")
        sigma = case.params["sigma"]
        one = ImageFilter.GaussianBlur(sigma) if case.op == "gaussian_blur" else ImageFilter.UnsharpMask(sigma, 100, 0)
        return [LocalJob([lambda i=i: i.filter(one) for i in images], bound=Bound(64, 2), note="three boxes")]

    def _turn(self, case: Case, images: list[Any]) -> list[Job]:
        transpose = PilImage.Transpose
        if case.op == "rotate":
            name, angle = case.params["interpolation"], case.params["angle"]
            if name == "lanczos":
                raise Skip("rotates by at most bicubic")
            bound = {"nearest": Bound(255, 12), "bilinear": Bound(255, 1.2), "bicubic": Bound(255, 1.5)}[name]
            note = "cuts off at the border; bicubic a = -0.5" if name != "nearest" else ""
            return [LocalJob([lambda i=i: i.rotate(angle, FILTERS[name]) for i in images], bound=bound, note=note)]
        if case.op == "flip":
            by = {"horizontal": transpose.FLIP_LEFT_RIGHT, "vertical": transpose.FLIP_TOP_BOTTOM}
            by["both"] = transpose.ROTATE_180
            method = by[case.params["direction"]]
        else:
            method = (transpose.ROTATE_90, transpose.ROTATE_180, transpose.ROTATE_270)[case.params["k"] - 1]
        return [LocalJob([lambda i=i: i.transpose(method) for i in images], bound=Bound(0, 0))]

    def _resize(self, case: Case, images: list[Any]) -> list[Job]:
        height, width = case.output_size
        size = (width, height)
        name = case.params["interpolation"]
        resample = FILTERS[name]
        # It rounds and clips to 8 bits between the passes: near saturated edges its lobed filters are far off.
        bound, note = NEAREST_BOUND if name == "nearest" else Bound(64, 0.8), ""
        if name == "area":
            bound, note = Bound(255, 12), BOX_NOTE
        return [LocalJob([lambda i=i: i.resize(size, resample) for i in images], bound=bound, note=note)]

    def _preprocess(self, case: Case, buffers: list[Images]) -> list[Job]:
        if case.output_dtype != "f32" or case.image.channels != 3:
            raise Skip("timed for float32 RGB")
        runs = []
        one = preprocess(case)
        for images in buffers:
            pils = [_image(image) for image in images]
            if case.image.count == 1:
                runs.append(lambda pil=pils[0]: one(pil))
            else:
                many = over_list(one, pils, self.threads)
                runs.append(lambda many=many: np.stack(many()))
        return [LocalJob(runs, bound=Bound(12, 0.8))]


def preprocess(case: Case) -> Callable[[Any], Array]:
    """Pillow for the picture, NumPy for the arithmetic, one multiply and add per value, into planes."""
    p = case.params
    resample = FILTERS[p.get("interpolation", "bilinear")]
    crop = p["crop"]
    std = np.array(p["std"], np.float32)
    factor = (1 / (255 * std)).reshape(3, 1, 1)
    offset = (np.array(p["mean"], np.float32) / std).reshape(3, 1, 1)

    def run(image: Any) -> Array:
        width, height = image.size
        height, width = shorter_side((height, width), p["resize"])
        image = image.resize((width, height), resample)
        top, left = crop_origin((height, width), crop)
        image = image.crop((left, top, left + crop, top + crop))
        if p.get("flip"):
            image = image.transpose(PilImage.Transpose.FLIP_LEFT_RIGHT)
        result: Array = np.multiply(np.asarray(image).transpose(2, 0, 1), factor, order="C")
        result -= offset
        return result

    return run


def _image(array: Array) -> Any:
    if array.ndim == 3 and array.shape[2] == 4:
        # Four channels that mean nothing in particular: an RGBA image would be premultiplied by its alpha, another job.
        return PilImage.frombytes("CMYK", array.shape[1::-1], array.tobytes())
    image = PilImage.fromarray(array)
    image.load()
    return image
