"""OpenCV. Its filters never widen, so it does the antialiased jobs only where nothing shrinks, and "area"."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..cases import Case
from ..oracle import crop_origin, shorter_side
from . import installed_version
from .base import Array, Bound, Images, Job, LocalJob, Peer, Skip

import cv2  # isort: skip  # after numpy, and an ImportError here is what the registry reports


class Adaptor(Peer):
    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        cv2.setNumThreads(threads)

    def version(self) -> str:
        return installed_version("opencv-python-headless")

    def jobs(self, case: Case, buffers: list[Images]) -> list[Job]:
        if case.image.count > 1:
            raise Skip("lists are timed with torchvision and Pillow")
        images = [images[0] for images in buffers]
        if case.op == "resize":
            return self._resize(case, images)
        if case.op == "normalize":
            return self._normalize(case, images)
        if case.op == "preprocess":
            return self._preprocess(case, images)
        raise Skip("no such function")

    def _resize(self, case: Case, images: list[Array]) -> list[Job]:
        flag, bound, note = _filter(case)
        if case.image.layout == "CHW":
            raise Skip("takes H,W,C only")
        height, width = case.output_size
        size = (width, height)
        outs = [np.empty((height, width, *image.shape[2:]), image.dtype) for image in images]
        more: dict[str, Any] = {"bound": bound, "note": note}
        return [
            LocalJob([lambda i=i: cv2.resize(i, size, interpolation=flag) for i in images], **more),
            LocalJob(
                [
                    lambda i=i, o=o: cv2.resize(i, size, dst=o, interpolation=flag)
                    for i, o in zip(images, outs, strict=True)
                ],
                out=True,
                **more,
            ),
        ]

    def _normalize(self, case: Case, images: list[Array]) -> list[Job]:
        if case.params.get("layout_out") != "CHW" or case.image.dtype not in ("u8", "f32"):
            raise Skip("blobFromImage gives N,C,H,W from uint8 or float32; see albucore for H,W,C")
        if case.output_dtype != "f32" or case.image.channels > 4:
            raise Skip("blobFromImage gives float32 of at most 4 channels")
        scale = 1 / 255 if case.image.dtype == "u8" else 1.0
        param = _blob_params(case, scale)
        return [
            LocalJob(
                [lambda i=i: cv2.dnn.blobFromImageWithParams(i, param) for i in images],
                lambda blob: blob[0],
                bound=Bound(0.05, 0.05),
            )
        ]

    def _preprocess(self, case: Case, images: list[Array]) -> list[Job]:
        if case.needs_antialias:
            raise Skip("no antialiasing")
        if case.output_dtype != "f32":
            raise Skip("blobFromImage gives float32")
        p = case.params
        height, width = shorter_side(case.image.size, p["resize"])
        top, left = crop_origin((height, width), p["crop"])
        param = _blob_params(case, 1 / 255)

        def run(image: Array) -> Any:
            resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
            cropped = resized[top : top + p["crop"], left : left + p["crop"]]
            return cv2.dnn.blobFromImageWithParams(cv2.flip(cropped, 1), param)

        return [
            LocalJob([lambda i=i: run(i) for i in images], lambda blob: blob[0], bound=Bound(4, 0.8)),
        ]


def _blob_params(case: Case, scale: float) -> Any:
    """(x - mean) * factor per channel, as cv2.dnn has it: mean in source units, factor = scale / std."""
    param = cv2.dnn.Image2BlobParams()
    param.scalefactor = tuple(scale / s for s in case.params["std"])
    param.mean = tuple(m / scale for m in case.params["mean"])
    return param


def _filter(case: Case) -> tuple[int, Bound, str]:
    name = case.params["interpolation"]
    if case.needs_antialias:
        raise Skip("no antialiasing")
    if name == "lanczos":
        raise Skip("its Lanczos has 4 lobes, not 3")
    if name == "area":
        if case.grows:
            raise Skip("area interpolates when enlarging")
        if case.image.channels > 4:
            raise Skip("area takes at most 4 channels")
        return cv2.INTER_AREA, Bound(2, 0.6), ""
    if name == "nearest":
        return cv2.INTER_NEAREST, Bound(255, 40), "takes the pixel at floor(x * scale), not at the centre"
    if name == "bicubic":
        return cv2.INTER_CUBIC, Bound(64, 2.5), "a = -0.75: as many taps, another constant"
    # Coordinates are kept to 1/32 or 1/2048 pixel for 8 bits; elsewhere in float.
    return cv2.INTER_LINEAR, Bound(4, 0.8), ""
