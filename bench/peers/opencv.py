"""OpenCV. Its filters never widen, so it does the antialiased jobs only where nothing shrinks, and "area"."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import filters, geometry, orders
from ..cases import Case
from ..images import DTYPES
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
        if case.op in geometry.OPS:
            return self._geometry(case, images)
        if case.op in filters.OPS:
            return self._filters(case, images, _summer(case), Bound(1, 0.6))
        if case.op in orders.OPS:
            return self._filters(case, images, _orderer(case), Bound(0, 0))
        raise Skip("no such function")

    def _geometry(self, case: Case, images: list[Array]) -> list[Job]:
        if case.image.layout == "CHW" and case.op != "transpose":
            raise Skip("takes H,W,C only")
        function, bound, note = _mover(case)
        height, width = case.output_size
        channels = case.image.channels
        planar = case.params.get("layout_out") == "CHW"
        shape = (channels, height, width) if planar else (height, width, *([channels] if channels > 1 else []))
        outs = [np.empty(shape, image.dtype) for image in images]
        more: dict[str, Any] = {"bound": bound, "note": note}
        return [
            LocalJob([lambda i=i: function(i, None) for i in images], **more),
            LocalJob(
                [lambda i=i, o=o: function(i, o) for i, o in zip(images, outs, strict=True)],
                lambda result, shape=shape: np.asarray(result).reshape(shape),
                out=True,
                **more,
            ),
        ]

    def _filters(self, case: Case, images: list[Array], function: Any, bound: Bound) -> list[Job]:
        if case.image.layout == "CHW":
            raise Skip("takes H,W,C only")
        outs = [np.empty(image.shape, DTYPES[case.output_dtype]) for image in images]
        more: dict[str, Any] = {"bound": bound}
        return [
            LocalJob([lambda i=i: function(i, None) for i in images], **more),
            LocalJob([lambda i=i, o=o: function(i, o) for i, o in zip(images, outs, strict=True)], out=True, **more),
        ]

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


DEPTHS = {"u8": cv2.CV_8U, "u16": cv2.CV_16U, "i16": cv2.CV_16S, "f32": cv2.CV_32F, "f64": cv2.CV_64F}


def _summer(case: Case) -> Any:
    """A function of image and output."""
    depth, p = DEPTHS[case.output_dtype], case.params
    if case.op in ("correlate", "convolve"):
        [kernel] = filters.kernels(case)
        kernel = np.ascontiguousarray(kernel)
        size = len(kernel)
        # An even kernel lies on its later half here, as with us; flipped, on its earlier one.
        anchor = (size // 2,) * 2 if case.op == "correlate" else ((size - 1) // 2,) * 2
        return lambda i, o: cv2.filter2D(i, depth, kernel, dst=o, anchor=anchor)
    if case.op == "convolve_separable":
        column, row = p["kernel_y"][::-1].copy(), p["kernel_x"][::-1].copy()
        return lambda i, o: cv2.sepFilter2D(i, depth, row, column, dst=o)
    if case.op == "box_blur":
        return lambda i, o: cv2.blur(i, (p["size"],) * 2, dst=o)
    if case.op == "gaussian_blur":  # cut at 3 sigma for uint8, at 4 elsewhere
        return lambda i, o: cv2.GaussianBlur(i, (0, 0), p["sigma"], dst=o)
    if case.op == "unsharp_mask":
        return lambda i, o: cv2.addWeighted(i, 2.0, cv2.GaussianBlur(i, (0, 0), p["sigma"]), -1.0, 0.0, dst=o)
    if case.op == "laplacian":
        return lambda i, o: cv2.Laplacian(i, depth, dst=o, ksize=1)
    function: Any = {"sobel": cv2.Sobel, "scharr": cv2.Scharr}[case.op]
    if p["axis"] == "magnitude":
        return lambda i, o: cv2.magnitude(function(i, depth, 1, 0), function(i, depth, 0, 1), magnitude=o)
    dx, dy = (1, 0) if p["axis"] == "x" else (0, 1)
    return lambda i, o: function(i, depth, dx, dy, dst=o)


def _orderer(case: Case) -> Any:
    """A function of image and output."""
    kernel, border = orders.mask(case), cv2.BORDER_REFLECT_101
    if case.op == "median_blur":
        size: int = case.params["footprint"]
        if size > 5 and case.image.dtype != "u8":
            raise Skip("medians of more than 5 x 5 are of uint8 only")
        return lambda i, o: cv2.medianBlur(i, size, dst=o)
    if case.op in ("rank_filter", "percentile_filter"):
        raise Skip("no such function")
    ways = {"erode": cv2.erode, "dilate": cv2.dilate, "minimum_filter": cv2.erode, "maximum_filter": cv2.dilate}
    if case.op in ways:
        function = ways[case.op]
        return lambda i, o: function(i, kernel, dst=o, borderType=border)
    way = {
        "opening": cv2.MORPH_OPEN,
        "closing": cv2.MORPH_CLOSE,
        "morphological_gradient": cv2.MORPH_GRADIENT,
        "top_hat": cv2.MORPH_TOPHAT,
    }[case.op]
    return lambda i, o: cv2.morphologyEx(i, way, kernel, dst=o, borderType=border)


FLAGS = {"nearest": cv2.INTER_NEAREST, "bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC}


def _mover(case: Case) -> tuple[Any, Bound, str]:
    """A function of image and output, how close it comes, and what it does otherwise."""
    p = case.params
    height, width = case.output_size
    if case.op in ("rotate", "affine", "perspective", "remap"):
        if p["interpolation"] == "lanczos":
            flag, bound, note = cv2.INTER_LANCZOS4, Bound(128, 6), "8 x 8 taps; coordinates of 1/32 pixel"
        else:
            flag = FLAGS[p["interpolation"]]
            bound, note = {
                "nearest": (Bound(255, 12), ""),
                "bilinear": (Bound(40, 0.8), "coordinates of 1/32 pixel in places"),
                "bicubic": (Bound(80, 3), "a = -0.75; coordinates of 1/32 pixel"),
            }[p["interpolation"]]
        if case.op == "remap":
            x, y = geometry.maps(case.image.size)
            return lambda i, o: cv2.remap(i, x, y, flag, dst=o), bound, note
        matrix = geometry.matrix(case)
        if case.op == "perspective":
            return lambda i, o: cv2.warpPerspective(i, matrix, (width, height), dst=o, flags=flag), bound, note
        return lambda i, o: cv2.warpAffine(i, matrix[:2], (width, height), dst=o, flags=flag), bound, note
    exact = Bound(0, 0)
    if case.op == "flip":
        code = {"horizontal": 1, "vertical": 0, "both": -1}[p["direction"]]
        return lambda i, o: cv2.flip(i, code, dst=o), exact, ""
    if case.op == "rot90":
        turn = (cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_CLOCKWISE)[p["k"] - 1]
        return lambda i, o: cv2.rotate(i, turn, dst=o), exact, ""
    if case.op == "transpose":
        if p["layout_out"] == "CHW":

            def split(image: Array, out: Array | None) -> Array:
                planes = np.empty((image.shape[2], *image.shape[:2]), image.dtype) if out is None else out
                cv2.split(image, list(planes))
                return planes

            return split, exact, ""
        return lambda i, o: cv2.merge(list(i), dst=o), exact, ""
    if case.op == "pad":
        border = {"constant": cv2.BORDER_CONSTANT, "reflect": cv2.BORDER_REFLECT_101}[p["border"]]
        side: int = p["padding"]
        return lambda i, o: cv2.copyMakeBorder(i, side, side, side, side, border, dst=o), exact, ""
    if case.op == "crop":
        raise Skip("slices, as NumPy does")
    if case.op == "pyramid_down":
        return lambda i, o: cv2.pyrDown(i, dst=o), Bound(0.01, 0.01), ""
    if case.op == "pyramid_up":
        return lambda i, o: cv2.pyrUp(i, dst=o), Bound(0.01, 0.01), ""
    raise Skip("no such function")
