"""Matrices of affine and perspective maps, and what they do to points and boxes.

All are float64 arrays of shape (3, 3) that map points (x, y) of the input to points of the output, (0, 0) being the
middle of the first pixel. `pixlane.affine` and `pixlane.perspective` take them as they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixlane import _args

__all__ = [
    "boxes",
    "compact_map",
    "compose",
    "from_points",
    "inverse",
    "points",
    "rotation",
    "scaling",
    "shear",
    "translation",
]

Matrix = NDArray[np.float64]
Pair = Sequence[float] | NDArray[Any]

#: Fractional bits of the integers that `compact_map` makes.
MAP_BITS = 14


def sin_cos(angle: float) -> tuple[float, float]:
    """Return sine and cosine of degrees: exact for quarter turns, and the same on every machine (libm is not)."""
    turn = math.fmod(angle, 360.0)  # exact, however large the angle
    quarter = math.floor(turn / 90.0 + 0.5)
    t = (turn - 90.0 * quarter) * (math.pi / 180.0)  # within 45 degrees
    square = t * t
    sine = cosine = 1.0
    for k in range(10, 0, -1):
        cosine = 1.0 - cosine * square / float((2 * k) * (2 * k - 1))
        sine = 1.0 - sine * square / float((2 * k) * (2 * k + 1))
    sine *= t
    sine, cosine = ((sine, cosine), (cosine, -sine), (-sine, -cosine), (-cosine, sine))[quarter % 4]
    return sine + 0.0, cosine + 0.0  # no -0


def _pair(value: Any, name: str) -> tuple[float, float]:
    both = _args.items(value, name, "(x, y)")
    if len(both) != 2:
        raise ValueError(f"{name} must be (x, y), got {len(both)} values: {_args.show(value)}")
    return _args.number(both[0], f"{name}[0]"), _args.number(both[1], f"{name}[1]")


def _about(center: tuple[float, float], a: float, b: float, c: float, d: float) -> Matrix:
    """Return the map whose linear part is [[a, b], [c, d]] and which leaves ``center`` where it is."""
    x, y = center
    return _within_range([a, b, x - (a * x + b * y), c, d, y - (c * x + d * y), 0.0, 0.0, 1.0], "the matrix")


def _within_range(numbers: list[float], name: str) -> Matrix:
    """Return nine numbers by rows as a matrix; what overflowed is refused here, not where it is used."""
    if not all(map(math.isfinite, numbers)):
        raise ValueError(f"{name} gives numbers beyond the range of float64: {numbers}")
    return np.array(numbers).reshape(3, 3) + 0.0  # no -0


def rotation(angle: float, center: Pair = (0.0, 0.0), zoom: float = 1.0) -> Matrix:
    """Return the matrix of a rotation by ``angle`` degrees counter-clockwise about ``center``, enlarging by ``zoom``.

    It carries points as `pixlane.rotate` does, whose default center is ((W - 1) / 2, (H - 1) / 2). With ``expand`` that
    moves to the middle of the result: compose it with `translation` by ((width - W) / 2, (height - H) / 2), the result
    being height x width.

    Parameters
    ----------
    angle : float
        In degrees, counter-clockwise.
    center : (float, float), default (0, 0)
        The point that stays where it is.
    zoom : float, default 1
        Above 0.

    Returns
    -------
    array, shape (3, 3)
        float64, from points of the input to points of the output.

    Raises
    ------
    TypeError
        An argument not of real numbers.
    ValueError
        One that is not finite, ``zoom`` not above 0, or a result beyond the range of float64.

    Notes
    -----
    Exactness: sine and cosine are the same on every machine, within 1e-15, and exact for multiples of 90 degrees, so an
    angle of 1e300 is as good as one of 30.

    Examples
    --------
    >>> px.matrix.rotation(90, center=(1, 1))
    array([[ 0.,  1.,  0.],
           [-1.,  0.,  2.],
           [ 0.,  0.,  1.]])
    """
    sine, cosine = sin_cos(_args.number(angle, "angle"))
    factor = _args.number(zoom, "zoom")
    if factor <= 0.0:
        raise ValueError(f"zoom must be above 0, got {factor}")
    c, s = factor * cosine, factor * sine
    return _about(_pair(center, "center"), c, s, -s, c)


def scaling(factor: float | Pair, center: Pair = (0.0, 0.0)) -> Matrix:
    """Return the matrix that enlarges by ``factor``, one number or (x, y), about ``center``; negative ones mirror.

    Parameters
    ----------
    factor : float or (float, float)
        For both axes, or along x and y; not 0.
    center : (float, float), default (0, 0)
        The point that stays where it is.

    Returns
    -------
    array, shape (3, 3)
        float64, from points of the input to points of the output.

    Raises
    ------
    TypeError
        An argument not of real numbers.
    ValueError
        One that is not finite, a ``factor`` of 0, or a result beyond the range of float64.

    Examples
    --------
    >>> px.matrix.scaling((2, 3))
    array([[2., 0., 0.],
           [0., 3., 0.],
           [0., 0., 1.]])
    """
    several = isinstance(factor, (tuple, list)) or getattr(factor, "ndim", 0) == 1
    x, y = _pair(factor, "factor") if several else (_args.number(factor, "factor"),) * 2
    if x == 0.0 or y == 0.0:
        raise ValueError(f"factor must not be 0, got {_args.show(factor)}")
    return _about(_pair(center, "center"), x, 0.0, 0.0, y)


def translation(x: float, y: float) -> Matrix:
    """Return the matrix that moves points by (x, y).

    Parameters
    ----------
    x, y : float
        In pixels.

    Returns
    -------
    array, shape (3, 3)
        float64, from points of the input to points of the output.

    Raises
    ------
    TypeError
        ``x`` or ``y`` not a real number.
    ValueError
        One that is not finite.

    Examples
    --------
    >>> px.matrix.translation(5, -2)
    array([[ 1.,  0.,  5.],
           [ 0.,  1., -2.],
           [ 0.,  0.,  1.]])
    """
    return np.array([[1.0, 0.0, _args.number(x, "x")], [0.0, 1.0, _args.number(y, "y")], [0.0, 0.0, 1.0]])


def shear(x: float = 0.0, y: float = 0.0, center: Pair = (0.0, 0.0)) -> Matrix:
    """Return the matrix that moves points along x by ``x`` per unit of y, and along y by ``y`` per unit of x.

    Parameters
    ----------
    x, y : float, default 0
        Pixels along x per pixel of y, and along y per pixel of x.
    center : (float, float), default (0, 0)
        The point that stays where it is.

    Returns
    -------
    array, shape (3, 3)
        float64, from points of the input to points of the output.

    Raises
    ------
    TypeError
        An argument not of real numbers.
    ValueError
        One that is not finite, or a result beyond the range of float64.

    Examples
    --------
    >>> px.matrix.shear(0.5)
    array([[1. , 0.5, 0. ],
           [0. , 1. , 0. ],
           [0. , 0. , 1. ]])
    """
    return _about(_pair(center, "center"), 1.0, _args.number(x, "x"), _args.number(y, "y"), 1.0)


def from_points(source: Any, target: Any) -> Matrix:
    """Return the matrix that carries each point of ``source`` to the one of ``target``.

    Three points (x, y) give an affine map, four a perspective one. The last number of the matrix is 1, or 0 where the
    map sends the point (0, 0) to infinity.

    Parameters
    ----------
    source, target : array, shape (3, 2) or (4, 2)
        Points (x, y), no three of them on a line.

    Returns
    -------
    array, shape (3, 3)
        float64; its last row is (0, 0, 1) for three points.

    Raises
    ------
    TypeError
        Points not of real numbers, or masked.
    ValueError
        Not as many of one as of the other, or neither three nor four; three points of them on a line; one not finite.

    Notes
    -----
    Exactness: linear equations in float64, solved in one order on every machine.

    Source: Gauss's elimination with pivots, as OpenCV's getAffineTransform and getPerspectiveTransform.

    Examples
    --------
    >>> px.matrix.from_points([(0, 0), (1, 0), (0, 1)], [(5, 5), (7, 5), (5, 8)])
    array([[2., 0., 5.],
           [0., 3., 5.],
           [0., 0., 1.]])
    """
    start, end = _points(source, "source"), _points(target, "target")
    if start.ndim != 2 or start.shape != end.shape or len(start) not in (3, 4):
        raise ValueError(
            f"source and target must both be three points (affine) or four (perspective), got shapes "
            f"{start.shape} and {end.shape}"
        )
    for name, corners in (("source", start), ("target", end)):
        if _has_three_on_a_line(corners.tolist()):
            raise ValueError(f"{name} has three points on a line, got {corners.tolist()}")
    # Seen from its first point the source has its origin where the map is finite, so the last number of the matrix is
    # not zero there and may be set to one; and small differences of large coordinates stay exact.
    origin_x, origin_y = start[0].tolist()
    rows = []
    for (x, y), (u, v) in zip((start - start[0]).tolist(), end.tolist(), strict=True):
        if len(start) == 3:
            rows += [[x, y, 1.0, 0.0, 0.0, 0.0, u], [0.0, 0.0, 0.0, x, y, 1.0, v]]
        else:
            rows += [
                [x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u],
                [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v],
            ]
    solution = _solved(rows)
    last = [*solution[6:], 1.0] if len(start) == 4 else [0.0, 0.0, 1.0]
    result = []
    for a, b, c in (solution[0:3], solution[3:6], last):
        result += [a, b, c - (a * origin_x + b * origin_y)]
    scale = result[8] if result[8] != 0.0 else 1.0  # 0 where the point (0, 0) goes to infinity
    return _within_range([value / scale for value in result], "source and target")


def _has_three_on_a_line(corners: list[list[float]]) -> bool:
    for left_out in range(len(corners) if len(corners) == 4 else 1):
        (ax, ay), (bx, by), (cx, cy) = [p for k, p in enumerate(corners) if len(corners) == 3 or k != left_out]
        one, two = (bx - ax) * (cy - ay), (by - ay) * (cx - ax)
        if abs(one - two) <= 1e-12 * (abs(one) + abs(two)):
            return True
    return False


def _solved(rows: list[list[float]]) -> list[float]:
    """Gauss's elimination with pivots, in one order on every machine (LAPACK's is its own)."""
    count = len(rows)
    for column in range(count):
        pivot = max(range(column, count), key=lambda k: abs(rows[k][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        if rows[column][column] == 0.0:
            raise ValueError("source and target determine no map: the equations are singular")
        for k in range(column + 1, count):
            factor = rows[k][column] / rows[column][column]
            rows[k] = [a - factor * b for a, b in zip(rows[k], rows[column], strict=True)]
    solution = [0.0] * count
    for k in range(count - 1, -1, -1):
        rest = rows[k][count]
        for j in range(count - 1, k, -1):
            rest -= rows[k][j] * solution[j]
        solution[k] = rest / rows[k][k]
    return solution


def compose(*matrices: Any) -> Matrix:
    """Return the map that applies ``matrices`` one after the other, the first one first.

    Parameters
    ----------
    *matrices : array, shape (2, 3) or (3, 3)
        Any number of them; none is the identity.

    Returns
    -------
    array, shape (3, 3)
        float64: the last matrix times the one before, and so on.

    Raises
    ------
    TypeError
        A matrix not of real numbers, or masked.
    ValueError
        One of another shape or not finite, or a product beyond the range of float64.

    Examples
    --------
    >>> px.matrix.compose(px.matrix.scaling(2), px.matrix.translation(1, 0))
    array([[2., 0., 1.],
           [0., 2., 0.],
           [0., 0., 1.]])
    """
    total = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    for k, one in enumerate(matrices):
        m = check(one, f"matrices[{k}]").tolist()
        total = [
            [m[i][0] * total[0][j] + m[i][1] * total[1][j] + m[i][2] * total[2][j] for j in range(3)] for i in range(3)
        ]
    return _within_range(total[0] + total[1] + total[2], "the product of the matrices")


def inverse(matrix: Any) -> Matrix:
    """Return the map back.

    Parameters
    ----------
    matrix : array, shape (2, 3) or (3, 3)
        What to undo.

    Returns
    -------
    array, shape (3, 3)
        float64; affine if ``matrix`` is, its last row exactly (0, 0, 1).

    Raises
    ------
    TypeError
        A matrix not of real numbers, or masked.
    ValueError
        The matrix is of another shape, not finite or singular, or its determinant or its inverse is beyond the range of
        float64.

    Examples
    --------
    >>> px.matrix.inverse(px.matrix.translation(5, -2))
    array([[ 1.,  0., -5.],
           [ 0.,  1.,  2.],
           [ 0.,  0.,  1.]])
    """
    return np.array(inverted(tuple(check(matrix, "matrix").ravel().tolist()), "matrix")).reshape(3, 3)


def inverted(m: tuple[float, ...], name: str) -> tuple[float, ...]:
    """Return the inverse of a matrix of nine numbers by rows; an affine one stays exactly affine."""
    a, b, c, d, e, f, g, h, i = m
    if g == 0.0 and h == 0.0 and i == 1.0:
        determinant = a * e - b * d
        _check_determinant(determinant, abs(a * e) + abs(b * d), name)
        a, b, d, e = e / determinant, -b / determinant, -d / determinant, a / determinant
        result: tuple[float, ...] = (a, b, -(a * c + b * f), d, e, -(d * c + e * f), 0.0, 0.0, 1.0)
    else:
        one, two, three = e * i - f * h, f * g - d * i, d * h - e * g
        determinant = a * one + b * two + c * three
        _check_determinant(determinant, abs(a * one) + abs(b * two) + abs(c * three), name)
        adjugate = (
            one,
            c * h - b * i,
            b * f - c * e,
            two,
            a * i - c * g,
            c * d - a * f,
            three,
            b * g - a * h,
            a * e - b * d,
        )
        result = tuple([value / determinant for value in adjugate])
    if not all(map(math.isfinite, result)):
        raise ValueError(f"{name} is too close to singular: its inverse is beyond the range of float64")
    return tuple([value + 0.0 for value in result])  # no -0


def _check_determinant(determinant: float, size: float, name: str) -> None:
    """Raise unless a sum of products, whose magnitudes add up to ``size``, is a number that is surely not zero."""
    if not math.isfinite(size):
        raise ValueError(f"{name} has numbers so large that its determinant is beyond the range of float64")
    if determinant == 0.0 or abs(determinant) <= 1e-15 * size:
        raise ValueError(f"{name} is singular: it maps the image to a line or a point, and has no inverse")


def check(matrix: Any, name: str) -> Matrix:
    """Return a matrix given as (2, 3) or (3, 3) as finite float64 (3, 3)."""
    result = real_array(matrix, name, "(2, 3) or (3, 3)")
    if result.shape == (2, 3):
        result = np.concatenate([result, [[0.0, 0.0, 1.0]]])
    if result.shape != (3, 3):
        raise ValueError(f"{name} must have shape (2, 3) or (3, 3), got {result.shape}")
    return result


def real_array(value: Any, name: str, shape: str) -> NDArray[np.float64]:
    """Return finite real numbers, in nested sequences or any array in main memory, as float64."""
    _refuse_mask(value, name)
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"{name} must be an array of real numbers, {shape}: {error}") from None
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be an array of real numbers, {shape}, got {_args.show(value)}")
    result = array.astype(np.float64)
    if not np.isfinite(result).all():
        raise ValueError(f"{name} must be finite, got {_args.show(value)}")
    return result


def _refuse_mask(value: Any, name: str) -> None:
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} must not be a masked array, whose mask would be lost; pass {name}.filled(value)")


def _points(value: Any, name: str) -> NDArray[np.float64]:
    array = real_array(value, name, "(.., 2)")
    if array.ndim < 1 or array.shape[-1] != 2:
        raise ValueError(f"{name} must be points (x, y), shape (.., 2), got {array.shape}")
    return array


def points(matrix: Any, points: Any) -> NDArray[np.float64]:
    """Return where the points go, an array (.., 2) of (x, y).

    Points that a perspective sends to infinity, and those beyond the range of float64, come out infinite or NaN.

    Parameters
    ----------
    matrix : array, shape (2, 3) or (3, 3)
        The map.
    points : array, shape (..., 2)
        Points (x, y).

    Returns
    -------
    array, shape (..., 2)
        float64.

    Raises
    ------
    TypeError
        An argument not of real numbers, or masked.
    ValueError
        One of another shape or not finite.

    Examples
    --------
    >>> px.matrix.points(px.matrix.scaling(2), [(1, 2), (3, 4)])
    array([[2., 4.],
           [6., 8.]])
    """
    m = check(matrix, "matrix")
    given = _points(points, "points")
    x, y = given[..., 0], given[..., 1]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        across, down, scale = (m[k, 0] * x + (m[k, 1] * y + m[k, 2]) for k in range(3))
        return np.stack([across / scale, down / scale], axis=-1)


def boxes(matrix: Any, boxes: Any) -> NDArray[np.float64]:
    """Return the boxes around where the boxes go, an array (.., 4) of (left, top, right, bottom).

    Edges of boxes are edges of pixels: (0, 0, 1, 1) is the first pixel, whose middle is the point (0, 0). A box that
    meets the horizon of a perspective goes on without end, and comes out as (-inf, -inf, inf, inf).

    Parameters
    ----------
    matrix : array, shape (2, 3) or (3, 3)
        The map.
    boxes : array, shape (..., 4)
        Boxes (left, top, right, bottom).

    Returns
    -------
    array, shape (..., 4)
        float64.

    Raises
    ------
    TypeError
        An argument not of real numbers, or masked.
    ValueError
        One of another shape or not finite.

    Examples
    --------
    >>> px.matrix.boxes(px.matrix.translation(10, 0), [(0, 0, 4, 3)])
    array([[10.,  0., 14.,  3.]])
    """
    given = real_array(boxes, "boxes", "(.., 4)")
    if given.ndim < 1 or given.shape[-1] != 4:
        raise ValueError(f"boxes must be (left, top, right, bottom), shape (.., 4), got {given.shape}")
    corners = np.stack([given[..., [0, 1]], given[..., [2, 1]], given[..., [2, 3]], given[..., [0, 3]]], axis=-2)
    corners -= 0.5
    m = check(matrix, "matrix")
    moved = points(m, corners) + 0.5
    result = np.concatenate([moved.min(axis=-2), moved.max(axis=-2)], axis=-1)
    # Corners on both sides of the horizon lie beside each other once more when they are divided by their scales of both
    # signs, and so bound nothing.
    with np.errstate(invalid="ignore", over="ignore"):
        scale = m[2, 0] * corners[..., 0] + (m[2, 1] * corners[..., 1] + m[2, 2])
    bounded = (scale > 0.0).all(axis=-1) | (scale < 0.0).all(axis=-1)
    return np.where(bounded[..., None], result, np.array([-np.inf, -np.inf, np.inf, np.inf]))


def compact_map(map_x: Any, map_y: Any) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return maps for `pixlane.remap` as integers in units of 2^-14 pixel, to be made once and used often.

    They are half as large as float64; uint8 images come out the same with "bilinear" and "bicubic". Points
    are cut at 2^17 pixels, and NaN goes there.

    Parameters
    ----------
    map_x, map_y : array, shape (H, W)
        Where each pixel of the result looks, in pixels; both of one shape.

    Returns
    -------
    (array, array), shape (H, W)
        int32, for x and y.

    Raises
    ------
    TypeError
        A map not of floats, or masked.
    ValueError
        Maps of different shapes.

    Examples
    --------
    >>> px.matrix.compact_map(np.array([[0.5]]), np.array([[1.0]]))
    (array([[8192]], dtype=int32), array([[16384]], dtype=int32))
    """
    limit = np.iinfo(np.int32)
    result = []
    for name, given in (("map_x", map_x), ("map_y", map_y)):
        _refuse_mask(given, name)
        values = np.asarray(given)
        if values.dtype.kind != "f":
            raise TypeError(f"{name} must be an array of floats, got {_args.show(given)}")
        with np.errstate(invalid="ignore", over="ignore"):
            units = np.rint(values.astype(np.float64) * float(1 << MAP_BITS))
        units = np.where(np.isnan(units), float(limit.min), units)
        result.append(np.clip(units, limit.min, limit.max).astype(np.int32))
    if result[0].shape != result[1].shape:
        raise ValueError(f"map_x and map_y must have one shape, got {result[0].shape} and {result[1].shape}")
    return result[0], result[1]
