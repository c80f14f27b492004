"""Warps: every output pixel looks at a point of the image. docs/warp.md explains what is written here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pixlane.reference._arrays import array_module, as_nhwc, multiplied_by_alpha, round_colours
from pixlane.reference._borders import border_index, is_inside
from pixlane.reference.warp_weights import (
    PHASES,
    TAPS,
    UNIT,
    RealWeights,
    bicubic_integers,
    bilinear_integers,
    lanczos_phases,
)

FIXED = 32  # fractional bits of an affine coordinate
ANCHORS = 64  # columns from one anchor to the next
FARTHEST = float(2**30)  # where coordinates are clamped
MAP_BITS = 14  # fractional bits of integer maps
CHUNK = 1 << 16  # output pixels that are computed at a time

Matrix = tuple[float, ...]


@dataclass(frozen=True)
class Arithmetic:
    """What the dtype and the interpolation decide."""

    bits: int  # of the fraction; 0 for nearest
    work: Any  # None for nearest, int32, float32 or float64
    anchors: int


def arithmetic(dtype: Any, interpolation: str, premultiply: bool) -> Arithmetic:
    if interpolation == "nearest":
        return Arithmetic(0, None, ANCHORS)
    if premultiply or np.dtype(dtype) == np.float64:
        return Arithmetic(32, np.float64, 1)
    if np.dtype(dtype) == np.uint8:
        return Arithmetic(PHASES if interpolation == "lanczos" else UNIT, np.int32, ANCHORS)
    return Arithmetic(24, np.float32, ANCHORS)


def is_affine(matrix: Matrix) -> bool:
    return matrix[6] == 0.0 and matrix[7] == 0.0 and matrix[8] == 1.0


# ---- coordinates: integers with ``bits`` fractional bits along x and y, and where there are none


def clamped(xp: Any, points: Any) -> Any:
    return xp.minimum(xp.maximum(points, -FARTHEST), FARTHEST)


def affine_axis(xp: Any, row: Matrix, x: Any, y: Any, bits: int, anchors: int) -> Any:
    x0 = x - x % anchors
    with np.errstate(over="ignore", invalid="ignore"):
        anchor = clamped(xp, row[0] * x0.astype(xp.float64) + (row[1] * y.astype(xp.float64) + row[2]))
    unit = float(1 << FIXED)
    fixed = xp.rint(anchor * unit).astype(xp.int64)
    if anchors > 1:
        fixed = fixed + int(np.rint(row[0] * unit)) * (x - x0)
    drop = FIXED - bits
    return (fixed + (1 << (drop - 1))) >> drop if drop else fixed


def rounded_points(xp: Any, points: Any, bits: int) -> Any:
    """Round float64 points; those that are NaN come out as anything."""
    points = clamped(xp, xp.where(points == points, points, 0.0))
    if bits:
        return xp.rint(points * float(1 << bits)).astype(xp.int64)
    whole = xp.floor(points)
    return (whole + (points - whole >= 0.5)).astype(xp.int64)


def matrix_coordinates(xp: Any, matrix: Matrix, x: Any, y: Any, how: Arithmetic) -> tuple[Any, Any, Any]:
    if is_affine(matrix):
        return (
            affine_axis(xp, matrix[0:3], x, y, how.bits, how.anchors),
            affine_axis(xp, matrix[3:6], x, y, how.bits, how.anchors),
            None,
        )
    m = matrix
    x, y = x.astype(xp.float64), y.astype(xp.float64)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        reciprocal = 1.0 / (m[6] * x + (m[7] * y + m[8]))
        points_x = (m[0] * x + (m[1] * y + m[2])) * reciprocal
        points_y = (m[3] * x + (m[4] * y + m[5])) * reciprocal
    return point_coordinates(xp, points_x, points_y, how)


def point_coordinates(xp: Any, points_x: Any, points_y: Any, how: Arithmetic) -> tuple[Any, Any, Any]:
    nowhere = (points_x != points_x) | (points_y != points_y)
    return rounded_points(xp, points_x, how.bits), rounded_points(xp, points_y, how.bits), nowhere


# ---- sampling


class Sampler:
    """One image (H, W, C) and all that decides what a coordinate gives."""

    def __init__(
        self, image: Any, interpolation: str, border: str, value: Any, premultiply: bool, how: Arithmetic
    ) -> None:
        self.xp = array_module(image)
        self.dtype = image.dtype
        self.height, self.width, channels = image.shape
        self.interpolation, self.border, self.premultiply, self.how = interpolation, border, premultiply, how
        self.first, self.taps = TAPS[interpolation]
        self.value = self.xp.asarray(value)
        pixels, outside = image, self.value
        if how.work is not None:
            pixels, outside = image.astype(how.work), self.value.astype(how.work)
            if premultiply:
                pixels, outside = multiplied_by_alpha(pixels), multiplied_by_alpha(outside)
        self.pixels, self.outside = pixels.reshape(-1, channels), outside

    def __call__(self, qx: Any, qy: Any, nowhere: Any) -> Any:
        """Return the pixels (.., C) at coordinates of equal shapes, in the image's dtype."""
        xp, bits = self.xp, self.how.bits
        x, y = qx >> bits, qy >> bits
        mask = (1 << bits) - 1
        with np.errstate(invalid="ignore", over="ignore"):
            samples = self.sampled(x, y, qx & mask, qy & mask)
        lost = nowhere
        if self.border == "constant":
            last = self.first + self.taps - 1
            beyond = (x + last < 0) | (x + self.first >= self.width) | (y + last < 0) | (y + self.first >= self.height)
            lost = beyond if nowhere is None else nowhere | beyond
        return samples if lost is None else xp.where(lost[..., None], self.value, samples)

    def sampled(self, x: Any, y: Any, fx: Any, fy: Any) -> Any:
        if self.how.work is None:
            return self.rows(x, y, 0)[0]
        if self.how.work is np.int32:
            return self.integers(x, y, fx, fy)
        return self.reals(x, y, fx, fy)

    def rows(self, x: Any, y: Any, tap_y: int) -> list[Any]:
        """Return the taps of a row of the filter, from left to right."""
        xp = self.xp
        row = y + tap_y
        start = border_index(xp, row, self.height, self.border) * self.width
        taps = []
        for tap_x in range(self.first, self.first + self.taps):
            column = x + tap_x
            tap = self.pixels[start + border_index(xp, column, self.width, self.border)]
            if self.border == "constant":
                inside = is_inside(row, self.height) & is_inside(column, self.width)
                tap = xp.where(inside[..., None], tap, self.outside)
            taps.append(tap)
        return taps

    def integers(self, x: Any, y: Any, fx: Any, fy: Any) -> Any:
        xp = self.xp
        fx, fy = fx.astype(xp.int32), fy.astype(xp.int32)
        if self.interpolation == "bilinear":
            w00, w01, w10, w11 = (w[..., None] for w in bilinear_integers(fx, fy))
            (p00, p01), (p10, p11) = self.rows(x, y, 0), self.rows(x, y, 1)
            total = w00 * p00 + w01 * p01 + w10 * p10 + w11 * p11
            return ((total + (1 << (UNIT - 1))) >> UNIT).astype(xp.uint8)
        across, down = self.integer_weights(fx), self.integer_weights(fy)
        total = xp.full((), 1 << 19, xp.int32)
        for k, weight in enumerate(down):
            row = xp.full((), 1 << 7, xp.int32)
            for w, tap in zip(across, self.rows(x, y, self.first + k), strict=True):
                row = row + w[..., None] * tap
            total = total + weight[..., None] * (row >> 8)
        return xp.clip(total >> 20, 0, 255).astype(xp.uint8)

    def integer_weights(self, fraction: Any) -> list[Any]:
        if self.interpolation == "bicubic":
            return bicubic_integers(fraction)
        table = self.xp.asarray(lanczos_phases().astype(np.int32))
        return [table[:, k][fraction] for k in range(6)]

    def reals(self, x: Any, y: Any, fx: Any, fy: Any) -> Any:
        xp = self.xp
        weights = RealWeights(self.interpolation, self.how.work, self.how.bits)
        across, down = weights(xp, fx), weights(xp, fy)
        whole_x, whole_y = (fx == 0)[..., None], (fy == 0)[..., None]
        total = here = None
        for k in range(self.taps):
            taps = self.rows(x, y, self.first + k)
            row = across[0][..., None] * taps[0]
            for w, tap in zip(across[1:], taps[1:], strict=True):
                row = row + w[..., None] * tap
            row = xp.where(whole_x, taps[-self.first], row)
            if k == -self.first:
                here = row
            total = down[k][..., None] * row if total is None else total + down[k][..., None] * row
        total = xp.where(whole_y, here, total)
        return round_colours(xp, total, self.dtype, self.premultiply)


def fill(
    result: Any,
    sample: Sampler,
    coordinates: Callable[[Any, Any, slice], tuple[Any, Any, Any]],
) -> None:
    """Fill ``result`` (H, W, C) some rows at a time; ``coordinates`` takes columns and rows that broadcast."""
    xp = sample.xp
    height, width = result.shape[:2]
    rows = max(1, CHUNK // width)
    x = xp.arange(width, dtype=xp.int64)[None, :]
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        y = xp.arange(top, bottom, dtype=xp.int64)[:, None]
        result[top:bottom] = sample(*coordinates(x, y, slice(top, bottom)))


# ---- the ops


def warp(
    src: Any,
    dst: Any,
    layout: str,
    matrices: tuple[Matrix, ...],
    interpolation: str,
    border: str,
    value: Any,
    premultiply: bool,
) -> None:
    """Fill ``dst``; a matrix, of nine numbers by rows, maps points of ``dst`` to ``src``: one for all, or one each."""
    images, results = as_nhwc(src, layout), as_nhwc(dst, layout)
    if not results.size:
        return
    xp = array_module(src)
    how = arithmetic(images.dtype, interpolation, premultiply)
    for n in range(len(images)):
        sample = Sampler(images[n], interpolation, border, value, premultiply, how)
        matrix = matrices[n if len(matrices) > 1 else 0]

        def coordinates(x: Any, y: Any, rows: slice, matrix: Matrix = matrix) -> tuple[Any, Any, Any]:
            return matrix_coordinates(xp, matrix, x, y, how)

        fill(results[n], sample, coordinates)


def remap(
    src: Any,
    dst: Any,
    layout: str,
    map_x: Any,
    map_y: Any,
    relative: bool,
    interpolation: str,
    border: str,
    value: Any,
    premultiply: bool,
) -> None:
    """Fill ``dst`` with what ``src`` has at the points of the maps, (H, W) for all images or (N, H, W).

    Maps are of float32, float64, or int32 in units of 2**-14 pixel; ``relative`` ones count from the pixel itself.
    """
    images, results = as_nhwc(src, layout), as_nhwc(dst, layout)
    if not results.size:
        return
    xp = array_module(src)
    how = arithmetic(images.dtype, interpolation, premultiply)
    unit = 1.0 / (1 << MAP_BITS) if map_x.dtype.kind == "i" else 1.0
    for n in range(len(images)):
        sample = Sampler(images[n], interpolation, border, value, premultiply, how)
        across, down = (m[min(n, len(m) - 1)] if m.ndim == 3 else m for m in (map_x, map_y))

        def coordinates(x: Any, y: Any, rows: slice, across: Any = across, down: Any = down) -> tuple[Any, Any, Any]:
            points_x = across[rows].astype(xp.float64) * unit
            points_y = down[rows].astype(xp.float64) * unit
            if relative:
                points_x, points_y = x.astype(xp.float64) + points_x, y.astype(xp.float64) + points_y
            return point_coordinates(xp, points_x, points_y, how)

        fill(results[n], sample, coordinates)
