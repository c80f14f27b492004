"""elastic: its noise, its gaussian, and what it does to images."""

from __future__ import annotations

import math

import numpy as np
import oracles
import pytest
import warp_oracles as warps
from oracles import DTYPES, assert_same, random_image

import pixlane as px
from pixlane.reference.displacement import exponential, gaussian, noise, philox


def field(size: tuple[int, int], seed: int, sigma: float, alpha: float) -> np.ndarray:
    """The displacements themselves, read off float64 ramps."""
    x, y = warps.grid(size[0] + 2000, size[1] + 2000)
    moved = [px.elastic(one, alpha, sigma, seed=seed, border="edge") for one in (x, y)]
    return np.stack([moved[0] - x, moved[1] - y])[:, : size[0], : size[1]]


def test_philox_against_its_authors(backend: str) -> None:
    """Known answers of the Random123 distribution."""
    every = 0xFFFFFFFF
    pi = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344)
    cases = [
        ((0, 0, 0, 0), 0, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((every,) * 4, every << 32 | every, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (pi, 0x299F31D0 << 32 | 0xA4093822, (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
    ]
    for counter, key, expected in cases:
        words = philox(np, tuple(np.array([c], np.uint64) for c in counter), key)  # type: ignore[arg-type]
        assert tuple(int(w[0]) for w in words) == expected


def test_noise_is_uniform() -> None:
    x, y = noise(np, 300, 400, -20, -30, 5)
    for one in (x, y):
        assert one.dtype == np.float32
        assert -1 <= one.min() < -0.9999
        assert 0.9999 < one.max() < 1
        assert abs(one.mean()) < 0.01
        assert abs((one**2).mean() - 1 / 3) < 0.01
        assert abs(np.corrcoef(one[:, :-1].ravel(), one[:, 1:].ravel())[0, 1]) < 0.01
        assert abs(np.corrcoef(one[:-1].ravel(), one[1:].ravel())[0, 1]) < 0.01
    assert abs(np.corrcoef(x.ravel(), y.ravel())[0, 1]) < 0.01
    again = noise(np, 100, 51, 3, 7, 5)
    np.testing.assert_array_equal(again[0], x[23:123, 37:88])
    assert not np.array_equal(noise(np, 300, 400, -20, -30, 6)[0], x)


def test_the_gaussian() -> None:
    for x in (0.0, -1e-9, -0.3, -0.693, -1.0, -7.7, -100.0, -699.0):
        assert exponential(x) == pytest.approx(math.exp(x), rel=1e-15)
    for sigma in (0.3, 1.0, 5.5, 40.0):
        weights = gaussian(sigma)
        k = np.arange(len(weights))
        expected = np.exp(-0.5 * (k / sigma) ** 2)
        expected /= 2 * expected[1:].sum() + expected[0]
        assert len(weights) == int(4 * sigma + 0.5) + 1
        np.testing.assert_allclose(weights, expected, rtol=1e-6)
    assert gaussian(0.0).tolist() == [1.0]


def test_displacements_are_blurred_noise(backend: str) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    for sigma, alpha in ((0.0, 3.0), (2.0, 30.0), (7.5, -200.0)):
        margin = int(4 * sigma + 0.5)
        fields = noise(np, 50 + 2 * margin, 60 + 2 * margin, -margin, -margin, 11)
        have = field((50, 60), 11, sigma, alpha)
        # Where the ramp ends (the first rows and columns of the image) it is cut off.
        inside = np.s_[20:, 20:]
        for one, theirs in zip(have, fields, strict=True):
            blurred = alpha * ndimage.gaussian_filter(theirs.astype(float), sigma, mode="constant", truncate=4)
            blurred = blurred[margin : margin + 50, margin : margin + 60]
            np.testing.assert_allclose(one[inside], blurred[inside], atol=abs(alpha) * 1e-6)


def test_seeds_and_sizes(backend: str, rng: np.random.Generator) -> None:
    image = random_image(rng, (60, 80, 3), "uint8")
    first = px.elastic(image, 40, 4, seed=1)
    assert_same(px.elastic(image, 40, 4, seed=1), first)
    assert (px.elastic(image, 40, 4, seed=2) != first).any()
    assert (px.elastic(image, 40, 4, seed=2**63 + 1) != first).any()
    # The field of a part is the part of the field: what looks inside the part is the same.
    part = px.elastic(image[:40, :50], 40, 4, seed=1)
    assert_same(part[:25, :35].copy(), first[:25, :35].copy())


def test_nothing_moves(backend: str, rng: np.random.Generator) -> None:
    for dtype in DTYPES:
        image = random_image(rng, (20, 30, 3), dtype)
        assert_same(px.elastic(image, 0, 4), image)


def test_masks_follow(backend: str) -> None:
    photograph = oracles.photograph()
    mask = (photograph[..., 0] > 100).astype(np.uint8)
    moved = px.elastic(photograph, 60, 5, seed=3, interpolation="nearest")
    assert_same(px.elastic(mask, 60, 5, seed=3, interpolation="nearest"), (moved[..., 0] > 100).astype(np.uint8))


def test_batches(backend: str, rng: np.random.Generator) -> None:
    images = random_image(rng, (3, 20, 30, 3), "uint8")
    together = px.elastic(images, 30, 3, seed=[5, 6, 5])
    for k, seed in enumerate((5, 6, 5)):
        assert_same(together[k], px.elastic(images[k], 30, 3, seed=seed))
    assert_same(px.elastic(images, 30, 3, seed=6)[1], together[1])
    planar = np.ascontiguousarray(np.moveaxis(images, -1, 1))
    assert_same(np.moveaxis(px.elastic(planar, 30, 3, seed=[5, 6, 5], layout="NCHW"), 1, -1).copy(), together)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"alpha": np.nan}, ValueError, "alpha must be finite"),
        ({"alpha": 2.0**31}, ValueError, r"alpha must be from -2\*\*30"),
        ({"sigma": -1}, ValueError, "sigma must be from 0 to 1000"),
        ({"sigma": 1e9}, ValueError, "sigma must be from 0 to 1000"),
        ({"sigma": "wide"}, TypeError, "sigma must be a real number"),
        ({"seed": -1}, ValueError, "seed must be from 0"),
        ({"seed": 2**64}, ValueError, "seed must be from 0"),
        ({"seed": 0.5}, TypeError, "seed must be an int"),
        ({"seed": [1, 2]}, ValueError, "seed must be one for one image"),
    ],
)
def test_bad_input(backend: str, options: dict, error: type[Exception], message: str) -> None:
    arguments = {"alpha": 3.0, "sigma": 2.0, **options}
    with pytest.raises(error, match=message):
        px.elastic(np.zeros((5, 6), np.uint8), **arguments)
