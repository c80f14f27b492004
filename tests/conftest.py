"""What every test file shares: the backends that a test runs against, and photographs to run it on."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

with warnings.catch_warnings():
    warnings.simplefilter("ignore", RuntimeWarning)  # says that the native module is missing, where it is
    import pixlane as px
    from pixlane._backend import MissingOpError


def backends() -> list[str]:
    """The backends that tests run against: the one that the environment forces, else all that are here."""
    if os.environ.get("PIXLANE_BACKEND"):
        return [os.environ["PIXLANE_BACKEND"]]
    if os.environ.get("PIXLANE_ISA"):  # the reference has no instruction sets, and was tested without the variable
        return ["native"]
    # Those of the CUDA kernels have runs of their own: a sample in `make test`, all in `make test-full`.
    return [name for name in px.info()["backends"] if name not in ("cuda", "cuda_host")]


def pytest_configure(config: pytest.Config) -> None:
    # A build that failed must not hide behind the reference.
    if os.environ.get("PIXLANE_REQUIRE_NATIVE") and not px.info()["native"]:
        raise pytest.UsageError(f"PIXLANE_REQUIRE_NATIVE is set, and {px.info()['why']['native']}")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[Any]:
    """Skip tests of ops that the forced backend does not have; ``test_registry`` holds the list of these."""
    try:
        return (yield)
    except MissingOpError as error:
        pytest.skip(str(error))


@pytest.fixture(params=backends())
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """Runs the test once in each backend; gives its name."""
    with px.use_backend(request.param):
        yield request.param


@pytest.fixture
def rng() -> np.random.Generator:
    """The same random numbers in every run."""
    return np.random.default_rng(20261122)


@pytest.fixture
def photograph(rng: np.random.Generator) -> NDArray[Any]:
    """A small uint8 RGB image with smooth parts, edges and noise."""
    y, x = np.mgrid[0:23, 0:31]
    image = np.stack([y * 11, x * 8, (x // 4 + y // 4) % 2 * 255], axis=-1) + rng.integers(-20, 20, (23, 31, 3))
    return np.clip(image, 0, 255).astype(np.uint8)
