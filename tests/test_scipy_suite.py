"""SciPy's own tests of its filters, run on pixlane: what agrees, and what does not and why."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import pixlane as px

#: What differs, and why.
KNOWN = {
    "test_prewitt01": "of unsigned integers SciPy wraps negative sums around; ours are clamped",
    "test_prewitt02": "the same",
    "test_prewitt03": "the same",
    "test_sobel01": "the same",
    "test_sobel02": "the same",
    "test_sobel03": "the same",
    "test_correlate_mode_sequence": "SciPy takes one mode for all axes; ours is one for each",
    "test_gaussian_filter_float16": "SciPy refuses float16",
    "test_gauss03": "float32 is asked for more than its digits; SciPy sums in float64",
    "test_gauss_memory_overlap": "the same",
    "test_multiple_modes_sequentially": "the same",
    "test_gaussian_radius": "the same",
}


@pytest.mark.skipif(not px.info()["native"], reason="the native module is not here")
def test_scipys_own_tests_of_filters(tmp_path: Path) -> None:
    scipy = pytest.importorskip("scipy")
    if not scipy.__version__.startswith("1.17."):
        pytest.skip("what is known to differ is that of SciPy 1.17")
    if importlib.util.find_spec("scipy.ndimage.tests.test_filters") is None:
        pytest.skip("SciPy came without its tests")
    report = tmp_path / "report.json"
    quiet = ("-q", "-p", "no:cacheprovider", "-W", "ignore", "--rootdir", str(tmp_path))
    subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "scipy_adapter", *quiet, "--pyargs", "scipy.ndimage.tests.test_filters"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent), "PIXLANE_SCIPY_REPORT": str(report)},
        stdout=subprocess.DEVNULL,
        check=False,
    )
    tests = json.loads(report.read_text())
    relevant = {name: test for name, test in tests.items() if test["ours"]}
    differ = sorted(name for name, test in relevant.items() if test["outcome"] != "passed")
    print(f"{len(relevant) - len(differ)} of the {len(relevant)} tests that call what pixlane does agree")
    assert {name.partition("[")[0] for name in differ} <= set(KNOWN), differ
    assert len(relevant) > 500 and len(differ) <= 18
