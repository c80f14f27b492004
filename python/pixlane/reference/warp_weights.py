"""Weights of warps, from the fraction of a coordinate; see docs/warp.md. The twin of ``cpp/core/warp_weights``."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from pixlane.reference.resample_weights import Axis, Doubles, Integers, lanczos, ordered_sum, quantize

UNIT = 14  # fractional bits of integer weights
PHASES = 12  # bits of the fraction that choose a row of the integer table of lanczos
INTERVALS = 6  # bits of the fraction that choose an interval of the real table
NODES = {"float32": 4, "float64": 7}  # through which lanczos is interpolated: errors below 3e-9 and 1e-15

#: The first tap and the number of taps, relative to the pixel that a coordinate lies in.
TAPS = {"nearest": (0, 1), "bilinear": (0, 2), "bicubic": (-1, 4), "lanczos": (-2, 6)}


def scaled(a: Any, b: Any) -> Any:
    """Product of integers with 14 fractional bits, rounded."""
    return (a * b + (1 << (UNIT - 1))) >> UNIT


def bilinear_integers(tx: Any, ty: Any) -> tuple[Any, Any, Any, Any]:
    """Weights of the four pixels: upper left, upper right, lower left, lower right."""
    w11 = scaled(tx, ty)
    return (1 << UNIT) - tx - ty + w11, tx - w11, ty - w11, w11


def bicubic_integers(t: Any) -> list[Any]:
    t2 = scaled(t, t)
    t3 = scaled(t2, t)
    before = -((t3 - 2 * t2 + t + 1) >> 1)
    beyond = -((t2 - t3 + 1) >> 1)
    after = (t + 4 * t2 - 3 * t3 + 1) >> 1
    return [before, (1 << UNIT) - before - after - beyond, after, beyond]


def lanczos_at(t: Doubles) -> Doubles:
    """The six weights at each fraction, normalised, in float64."""
    raw = lanczos(np.arange(-2.0, 4.0) - t[:, None])
    return raw / ordered_sum(raw)[:, None]


@functools.cache
def lanczos_phases() -> Integers:
    """(4096, 6) integers, each row of sum 2**14."""
    weights = lanczos_at(np.arange(1 << PHASES, dtype=np.float64) / float(1 << PHASES))
    rows = len(weights)
    return quantize(Axis(np.zeros(rows, np.int64), np.full(rows, 6), weights), UNIT).weights


@functools.cache
def lanczos_intervals(work: str) -> Doubles:
    """(nodes, 64, 6): forward differences of the nodes of each interval over their factorial, in the type of work."""
    nodes, count = NODES[work], 1 << INTERVALS
    steps = float(nodes - 1)
    interval = np.arange(count, dtype=np.float64)
    differences = [lanczos_at((interval + k / steps) / float(count)) for k in range(nodes)]
    rows = []
    for order in range(nodes):
        rows.append(differences[0])
        differences = [(b - a) / float(order + 1) for a, b in itertools.pairwise(differences)]
    return np.stack(rows).astype(work)


@dataclass(frozen=True)
class RealWeights:
    """Weights in float32 or float64 from a fraction of ``bits`` bits."""

    interpolation: str
    work: Any
    bits: int

    def __call__(self, xp: Any, fraction: Any) -> list[Any]:
        w = self.work
        t = fraction.astype(w) * w(1.0 / (1 << self.bits))
        if self.interpolation == "bilinear":
            return [w(1.0) - t, t]
        if self.interpolation == "bicubic":
            return [
                ((w(-0.5) * t + w(1.0)) * t - w(0.5)) * t,
                (w(1.5) * t - w(2.5)) * t * t + w(1.0),
                ((w(-1.5) * t + w(2.0)) * t + w(0.5)) * t,
                (w(0.5) * t - w(0.5)) * t * t,
            ]
        table = xp.asarray(lanczos_intervals(np.dtype(w).name))
        rest_bits = self.bits - INTERVALS
        interval = fraction >> rest_bits
        last = len(table) - 1
        rest = last * (fraction & ((1 << rest_bits) - 1))
        position = rest.astype(w) * w(1.0 / (1 << rest_bits))  # of the nodes, 0 to last
        weights = []
        for tap in range(6):
            total = table[last, :, tap][interval]
            for order in range(last - 1, -1, -1):
                total = total * (position - w(float(order))) + table[order, :, tap][interval]
            weights.append(total)
        return weights
