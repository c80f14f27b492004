"""Filters take a few rows beside the image and the result, however large the image and the neighbourhood are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import pixlane as px

pytestmark = [
    pytest.mark.skipif(not px.info()["native"], reason="the native module is not here"),
    pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="what a call takes is read from /proc"),
    pytest.mark.skipif("libasan" in os.environ.get("LD_PRELOAD", ""), reason="the sanitizer takes memory of its own"),
]

#: Each call with what a thread of it may take, in MiB: of float32, a row of 4000 pixels is 47 KiB.
CALLS = {
    "px.correlate(image, noise[:5, :5], out=out)": 2,
    "px.correlate(image, noise, out=out)": 8,
    "px.correlate(image, np.outer(np.arange(1, 42), np.arange(41, 0, -1)) / 7e5, out=out)": 4,
    "px.gaussian_blur(image, 2, out=out)": 2,
    "px.gaussian_blur(image, 15, out=out)": 8,
    "px.gaussian_blur(image, 500, out=out)": 8,
    "px.unsharp_mask(image, 2, out=out)": 4,
    "px.unsharp_mask(image, 15, out=out)": 8,
    "px.box_blur(image, 15, out=out)": 2,
    "px.box_blur(image, 301, out=out)": 8,
    "px.box_blur(image, 31, mask=mask, out=out)": 8,
    "px.median_blur(image, 3, out=out)": 2,
    "px.median_blur(image[:100], (15, 3), out=out[:100])": 3,
    "px.median_blur(image[:100], (15, 3), mask=mask[:100], out=out[:100])": 5,
    "px.rank_filter(image[:50], 9, 5, shape='ellipse', out=out[:50])": 2,
    "px.erode(image, 31, out=out)": 5,
    "px.dilate(image, 5, shape='ellipse', out=out)": 2,
    # The rows that it sees, and extremes of their runs.
    "px.erode(image[:200], 101, shape='ellipse', out=out[:200])": 45,
    "px.erode(image, structure=noise[:5, :5].round(), out=out)": 2,
    "px.opening(image, 15, out=out)": 6,
    "px.morphological_gradient(image, 15, out=out)": 6,
    "px.sobel(image, out=out, dtype=image.dtype)": 4,
    # Far beyond an image there is nothing more to be kept.
    "px.convolve_separable(image[:20], np.arange(1, 6001) / 2e7, (1, 0.5), out=out[:20])": 8,
    "px.median_blur(image[:20, :20], (3001, 3), out=out[:20, :20])": 3,
}

CHILD = """
import json, re, sys
import numpy as np
import pixlane as px

def kib(name):
    return int(re.search(name + r":\\s+(\\d+) kB", open("/proc/self/status").read())[1])

rng = np.random.default_rng(0)
noise = rng.normal(size=(31, 31))
image = rng.integers(0, 255, (600, 4000, 3), np.uint8).astype(sys.argv[1])
out, mask = np.ones_like(image), rng.random(image.shape[:2]) < 0.9
px.set_num_threads(1)
took = {}
for call in sys.argv[2:]:
    before = kib("VmRSS")
    open("/proc/self/clear_refs", "w").write("5")  # the peak begins anew
    eval(call)
    took[call] = (kib("VmHWM") - before) / 1024
print(json.dumps(took))
"""


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_what_calls_take(dtype: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", CHILD, dtype, *CALLS],
        env={
            **os.environ,
            "MALLOC_MMAP_THRESHOLD_": "65536",
            "MALLOC_TRIM_THRESHOLD_": "0",
        },  # nothing is kept for later
        capture_output=True,
        text=True,
        check=False,
    )
    if "Permission" in run.stderr:
        pytest.skip("the peak cannot be reset here")
    assert not run.returncode, run.stderr
    took = json.loads(run.stdout)
    assert {call: mib for call, mib in took.items() if mib > CALLS[call]} == {}


LITTLE = """
import resource
import numpy as np
import pixlane as px

px.set_num_threads(1)
px.box_blur(np.zeros((6, 7, 3), np.uint8), 3)
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
out = np.full((6, 7, 3), 77, np.uint8)
try:
    px.box_blur(np.zeros((6, 7, 3), np.uint8), (1, 2**30), out=out)
except MemoryError as error:
    print(error)
print((out == 77).all(), px.box_blur(out, 3).max())
"""


def test_memory_that_is_not_there() -> None:
    run = subprocess.run([sys.executable, "-c", LITTLE], capture_output=True, text=True, check=True)
    assert run.stdout == "the memory that this call computes with cannot be allocated\nTrue 77\n", run
