"""px.matrix: the matrices, and points and boxes carried through them."""

from __future__ import annotations

import inspect
import math

import numpy as np
import oracles
import pytest

import pixlane as px
from pixlane import matrix


@pytest.mark.parametrize("name", matrix.__all__)
def test_docstring(name: str) -> None:
    document = inspect.getdoc(getattr(matrix, name)) or ""
    for section in ("Parameters", "Returns", "Raises", "Examples"):
        assert f"\n{section}\n{'-' * len(section)}\n" in document, f"{name} has no section {section}"


def test_sines() -> None:
    for angle in (*np.linspace(-720, 720, 1441), 0.1, 1e-9, 44.99999, 45.00001, 123456.789):
        sine, cosine = matrix.sin_cos(float(angle))
        assert sine == pytest.approx(math.sin(math.radians(math.remainder(angle, 360))), abs=1e-15)
        assert cosine == pytest.approx(math.cos(math.radians(math.remainder(angle, 360))), abs=1e-15)
    assert [matrix.sin_cos(90.0 * k) for k in range(-1, 5)] == [(-1, 0), (0, 1), (1, 0), (0, -1), (-1, 0), (0, 1)]
    assert matrix.sin_cos(1e300) == matrix.sin_cos(math.fmod(1e300, 360.0))


def test_the_parts() -> None:
    np.testing.assert_allclose(matrix.rotation(30) @ [1, 0, 1], [math.sqrt(3) / 2, -0.5, 1])  # counter-clockwise: up
    np.testing.assert_allclose(matrix.rotation(30, (5, 7), 2) @ [5, 7, 1], [5, 7, 1])
    np.testing.assert_allclose(matrix.scaling(3, (1, 2)) @ [2, 4, 1], [4, 8, 1])
    np.testing.assert_allclose(matrix.scaling((2, -1)) @ [2, 4, 1], [4, -4, 1])
    np.testing.assert_allclose(matrix.shear(0.5, 0.25, (1, 1)) @ [3, 2, 1], [3.5, 2.5, 1])
    both = matrix.compose(matrix.rotation(20), matrix.translation(3, 4), matrix.scaling(2))
    np.testing.assert_allclose(both, matrix.scaling(2) @ matrix.translation(3, 4) @ matrix.rotation(20), rtol=1e-14)
    np.testing.assert_array_equal(matrix.compose(), np.eye(3))


def test_a_rotation_is_that_of_rotate(rng: np.random.Generator) -> None:
    image = oracles.random_image(rng, (30, 40, 3), "float64")
    have = px.affine(image, matrix.rotation(25, (10, 12), 1.5))
    np.testing.assert_allclose(have, px.rotate(image, 25, center=(10, 12), zoom=1.5), atol=1e-9)


def test_points_go_where_an_expanded_rotation_takes_them() -> None:
    image = np.zeros((40, 50))
    image[10, 20] = 1
    turned = px.rotate(image, 30, zoom=2, expand=True, interpolation="bicubic")
    height, width = turned.shape
    by = matrix.translation((width - 50) / 2, (height - 40) / 2)
    x, y = matrix.points(matrix.compose(matrix.rotation(30, (24.5, 19.5), 2), by), (20, 10))
    rows, columns = np.mgrid[:height, :width]
    assert (turned * columns).sum() / turned.sum() == pytest.approx(x, abs=0.02)
    assert (turned * rows).sum() / turned.sum() == pytest.approx(y, abs=0.02)


def test_inverse(rng: np.random.Generator) -> None:
    for _ in range(100):
        m = rng.normal(size=(3, 3))
        np.testing.assert_allclose(matrix.inverse(m), np.linalg.inv(m), rtol=1e-9, atol=1e-12)
        affine = np.vstack([m[:2], [0, 0, 1]])
        assert matrix.inverse(affine)[2].tolist() == [0, 0, 1]
        np.testing.assert_allclose(matrix.inverse(m[:2]), np.linalg.inv(affine), rtol=1e-9, atol=1e-12)


def test_from_points(rng: np.random.Generator) -> None:
    for count in (3, 4):
        for _ in range(50):
            source, target = rng.normal(size=(2, count, 2)) * 100
            if count == 4:  # convex, as photographs of rectangles are
                corners = np.array([(0, 0), (100, 0), (100, 80), (0, 80)])
                source, target = corners + rng.normal(size=(2, 4, 2)) * 10
            m = matrix.from_points(source, target)
            np.testing.assert_allclose(matrix.points(m, source), target, atol=1e-7)
            assert (m[2].tolist() == [0, 0, 1]) == (count == 3)
    cv2 = pytest.importorskip("cv2")
    theirs = cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32))
    np.testing.assert_allclose(m, theirs, rtol=1e-3, atol=1e-3)
    line = [(0, 0), (1, 1), (3, 3)]
    with pytest.raises(ValueError, match="three points on a line"):
        matrix.from_points(line, [(0, 0), (1, 0), (0, 1)])
    with pytest.raises(ValueError, match="three points on a line"):
        matrix.from_points([(0, 0), (1, 0), (0, 1), (5, 5)], [*line, (0, 9)])
    with pytest.raises(ValueError, match=r"three points .* or four"):
        matrix.from_points([(0, 0)] * 5, [(0, 0)] * 5)


def test_from_points_where_the_origin_goes_to_infinity() -> None:
    # A road seen from above: the sides of the trapezoid meet in the first pixel, so no matrix ends in 1.
    target = [(0, 0), (1, 0), (1, 1), (0, 1)]
    for source in ([(-1, 1), (1, 1), (2, 2), (-2, 2)], [(0, 1), (1, 1), (2, 2), (0, 2)]):
        m = matrix.from_points(source, target)
        assert m[2, 2] == 0
        np.testing.assert_allclose(matrix.points(m, source), target, atol=1e-15)
        np.testing.assert_allclose(matrix.points(matrix.inverse(m), target), source, atol=1e-15)


def test_from_points_far_from_the_origin() -> None:
    far = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) + 1e9
    for count in (3, 4):
        m = matrix.from_points(far[:count], far[:count] - 1e9)
        assert m.tolist() == matrix.translation(-1e9, -1e9).tolist()


def test_boxes_that_meet_the_horizon() -> None:
    for last in ([-1 / 40, 0, 1], [1 / 40, 0, -1]):  # W changes its sign at x = 40
        have = matrix.boxes(
            [[1, 0, 0], [0, 1, 0], last], [(0, 0, 80, 60), (0, 0, 40.5, 9), (0, 0, 9, 9), (50, 0, 60, 9)]
        )
        assert np.isinf(have[:2]).all()  # from it to either side, or up to it
        assert (have[:2] < 0).tolist() == [[True, True, False, False]] * 2
        assert np.isfinite(have[2:]).all()
        assert (have[2:, :2] < have[2:, 2:]).all()


def test_points_and_boxes() -> None:
    m = [[1, 0, 0], [0, 1, 0], [0.5, 0, 1]]
    np.testing.assert_allclose(matrix.points(m, [[2, 4], [0, 3]]), [[1, 2], [0, 3]])
    np.testing.assert_allclose(matrix.points(m, (2.0, 4.0)), [1, 2])
    assert not np.isfinite(matrix.points(m, [-2, 4])).any()
    # A quarter turn of an image of 4 x 6 about its middle, expanded: the first pixel becomes the lower left one.
    image = np.zeros((4, 6))
    image[0, 0:2] = 1
    turn = matrix.compose(matrix.rotation(90, (2.5, 1.5)), matrix.translation(-1, 1))
    box = matrix.boxes(turn, (0, 0, 2, 1))
    np.testing.assert_allclose(box, [0, 4, 1, 6], atol=1e-12)
    turned = px.affine(image, turn, (6, 4))
    assert turned[4:6, 0:1].all()
    assert turned.sum() == 2
    np.testing.assert_array_equal(turned, px.rotate(image, 90, expand=True))
    assert matrix.boxes(np.eye(3), np.zeros((0, 4))).shape == (0, 4)
    assert matrix.points(np.diag([1e200, 1, 1]), (1e200, 1)).tolist() == [math.inf, 1]


def test_compact_map() -> None:
    x, y = matrix.compact_map(np.array([0.25, -1.0, 1e9, np.nan], np.float32), np.zeros(4))
    assert x.tolist() == [4096, -16384, 2**31 - 1, -(2**31)]
    assert y.dtype == np.int32
    with pytest.raises(TypeError, match="map_x must be an array of floats"):
        matrix.compact_map(np.zeros(3, int), np.zeros(3))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: matrix.rotation("30"), TypeError, "angle must be a real number"),
        (lambda: matrix.rotation(np.inf), ValueError, "angle must be finite"),
        (lambda: matrix.rotation(30, 5), TypeError, r"center must be \(x, y\)"),
        (lambda: matrix.rotation(30, (1, 2, 3)), ValueError, r"center must be \(x, y\), got 3"),
        (lambda: matrix.rotation(30, zoom=0), ValueError, "zoom must be above 0"),
        (lambda: matrix.scaling(0), ValueError, "factor must not be 0"),
        (lambda: matrix.inverse(np.zeros((3, 3))), ValueError, "singular"),
        (lambda: matrix.inverse([[1, 2, 0], [2, 4, 0]]), ValueError, "singular"),
        (lambda: matrix.inverse([[1, 2], [2, 4]]), ValueError, r"shape \(2, 3\) or \(3, 3\)"),
        (lambda: matrix.inverse([[1, 2, np.nan], [2, 4, 0]]), ValueError, "must be finite"),
        (lambda: matrix.inverse("matrix"), TypeError, "real numbers"),
        (lambda: matrix.inverse([[1, 2], [1, 2, 3]]), TypeError, "real numbers"),
        (lambda: matrix.inverse(np.eye(3) * 1j), TypeError, "real numbers"),
        (lambda: matrix.inverse([[1e-320, 0, 0], [0, 1e-320, 0]]), ValueError, "singular"),
        (lambda: matrix.inverse(np.diag([1e300, 1e300, 1])), ValueError, "so large that its determinant"),
        (lambda: matrix.inverse(np.eye(3) * 1e300), ValueError, "so large that its determinant"),
        (lambda: matrix.compose(np.eye(3) * 1e300, np.eye(3) * 1e300), ValueError, "the product of the matrices gives"),
        (lambda: matrix.rotation(3, (10, 1e10), zoom=1e305), ValueError, "beyond the range of float64"),
        (lambda: matrix.inverse(np.ma.array(np.eye(3))), TypeError, r"masked array.*pass matrix\.filled"),
        (lambda: matrix.points(np.eye(3), np.ma.array([[1.0, 2.0]])), TypeError, "points must not be a masked array"),
        (lambda: matrix.compact_map(np.ma.array([[1.0]]), np.zeros((1, 1))), TypeError, "map_x must not be a masked"),
        (lambda: matrix.compact_map(np.zeros((2, 2)), np.zeros((3, 3))), ValueError, r"one shape, got \(2, 2\) and"),
        (lambda: matrix.points(np.eye(3), [1, 2, 3]), ValueError, r"points must be points \(x, y\)"),
        (lambda: matrix.boxes(np.eye(3), [1, 2, 3]), ValueError, "boxes must be"),
    ],
)
def test_bad_input(call: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()  # type: ignore[operator]
