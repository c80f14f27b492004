"""What is chosen, how it is forced, and that a forced choice holds where it was made and nowhere else."""

from __future__ import annotations

import asyncio
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import pixlane as px

NATIVE = bool(px.info()["native"])
needs_native = pytest.mark.skipif(not NATIVE, reason="the native module is not here")


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``code`` in a fresh interpreter in which nothing but ``environment`` forces a choice."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PIXLANE_")}
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-c",
        f"import pixlane as px\n{code}",
    ]  # an editable build may print first
    return subprocess.run(
        command, env=inherited | environment, capture_output=True, text=True, timeout=300, check=False
    )


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout.splitlines()[-1] if done.returncode == 0 else done.stderr


def test_info() -> None:
    info = px.info()
    assert {"version", "native", "isa", "isa_available", "threads", "backends", "cuda", "backend", "why"} <= set(info)
    assert info["version"] == px.__version__
    assert "reference" in info["backends"]
    assert info["backend"] in info["backends"]
    assert info["threads"] >= 1
    assert set(info["why"]) == {"native", "backend", "isa", "threads"}
    if NATIVE:
        assert info["isa"] in info["isa_available"]
        assert "native" in info["backends"]
    else:
        assert info["isa"] is None
        assert info["isa_available"] == []
    pickle.dumps(info)


def test_use_backend() -> None:
    before = px.info()["backend"]
    with px.use_backend("reference"):
        assert px.info()["backend"] == "reference"
        assert px.info()["why"]["backend"].startswith(("use_backend", "PIXLANE_BACKEND"))
    assert px.info()["backend"] == before
    with pytest.raises(RuntimeError, match="body"), px.use_backend("reference"):
        raise RuntimeError("body")
    assert px.info()["backend"] == before


def test_contexts_are_reusable_and_nest() -> None:
    count = px.num_threads(3)
    before = px.info()["threads"]
    for _ in range(2):
        with count, px.use_backend("reference"), count, px.num_threads(5), count:
            assert px.info()["backend"] == "reference"
            assert px.info()["threads"] == (3 if NATIVE else 1)
        assert px.info()["threads"] == before
    assert repr(count) == "pixlane.num_threads(3)"


def test_contexts_decorate() -> None:
    @px.use_backend("reference")
    def backend_inside(extra: str) -> str:
        return str(px.info()["backend"]) + extra

    assert backend_inside("!") == "reference!"
    assert backend_inside.__name__ == "backend_inside"


def test_contexts_hold_in_their_thread_and_task_only() -> None:
    outside = px.info()["backend"], px.info()["threads"]

    def seen() -> tuple[Any, Any]:
        return px.info()["backend"], px.info()["threads"]

    inherits = bool(getattr(sys.flags, "thread_inherit_context", 0))
    with px.use_backend("reference"), px.num_threads(7), ThreadPoolExecutor(1) as pool:
        assert pool.submit(seen).result() == (seen() if inherits else outside)

    async def task(name: str, count: int) -> bool:
        with px.num_threads(count), px.use_backend(name):
            for _ in range(5):
                await asyncio.sleep(0)
                if seen() != (name, count if NATIVE else 1):
                    return False
        return True

    async def main() -> list[bool]:
        names = px.info()["backends"]
        return await asyncio.gather(*[task(names[k % len(names)], k + 1) for k in range(6)])

    assert all(asyncio.run(main()))
    assert seen() == outside


def test_one_context_in_many_threads() -> None:
    shared = px.use_backend("reference")
    before = px.info()["backend"]

    def work(_: int) -> bool:
        with shared:
            inside = px.info()["backend"] == "reference"
        return inside and px.info()["backend"] == before

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(200)))


@pytest.mark.parametrize("setting", [px.set_num_threads, px.num_threads], ids=lambda f: f.__name__)
def test_thread_counts(setting: Any) -> None:
    for wrong in (2.0, "2", None, True, np.float32(1), (1,)):
        with pytest.raises(TypeError, match="count must be an int, got"):
            setting(wrong)
    for wrong in (0, -1, 4097, 10**30):
        with pytest.raises(ValueError, match="count must be from 1 to 4096, got"):
            setting(wrong)
    px.num_threads(np.int64(2))


def test_unknown_names() -> None:
    with pytest.raises(ValueError, match="name must be one of native, reference, cuda, cuda_host, got 'gpu'"):
        px.use_backend("gpu")
    with pytest.raises(TypeError, match=r"name must be one of native, .*, got int"):
        px.use_backend(1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="name must be a str, got int"):
        px.use_isa(3)  # type: ignore[arg-type]
    if "cuda" not in px.info()["backends"]:
        with pytest.raises(RuntimeError, match=r"name='cuda': this backend is not available \(not built\); here are"):
            px.use_backend("cuda")


@needs_native
def test_use_isa() -> None:
    before = px.info()["isa"]
    for isa in px.info()["isa_available"]:
        with px.use_isa(isa):
            assert px.info()["isa"] == isa
            assert px.resize(np.full((8, 8), 9, np.uint8), (4, 4)).max() == 9
    assert px.info()["isa"] == before
    with pytest.raises(ValueError, match=r"name must be one of .* on this machine, got 'x86-64-v9'"):
        px.use_isa("x86-64-v9")


@pytest.mark.skipif(NATIVE, reason="the native module is here")
def test_use_isa_without_native() -> None:
    with pytest.raises(RuntimeError, match="name='x86-64-v2': the native module is not available"):
        px.use_isa("x86-64-v2")


# ---- the environment


def test_backend_of_the_environment() -> None:
    code = "print(px.info()['backend'], px.info()['why']['backend'])"
    assert last_line(run(code, PIXLANE_BACKEND="reference")) == "reference PIXLANE_BACKEND forces it"
    done = run("", PIXLANE_BACKEND="gpu")
    assert done.returncode
    assert "PIXLANE_BACKEND must be one of native, reference, cuda, cuda_host, got 'gpu'" in done.stderr
    done = run("with px.use_backend('reference'): print(px.info()['backend'])", PIXLANE_BACKEND="reference")
    assert last_line(done) == "reference"
    assert run(code, PIXLANE_BACKEND="").returncode == 0


@pytest.mark.skipif("cuda" in px.info()["backends"], reason="the CUDA backend is here")
def test_a_forced_backend_that_is_not_there() -> None:
    done = run("", PIXLANE_BACKEND="cuda")
    assert done.returncode
    assert "PIXLANE_BACKEND='cuda': this backend is not available (not built); here are" in done.stderr


@needs_native
def test_isa_of_the_environment() -> None:
    for isa in px.info()["isa_available"]:
        assert last_line(run("print(px.info()['isa'])", PIXLANE_ISA=isa)) == isa
    done = run("", PIXLANE_ISA="x86-64-v9")
    assert done.returncode
    assert "PIXLANE_ISA must be one of" in done.stderr
    assert "got 'x86-64-v9'" in done.stderr


def test_threads_of_the_environment() -> None:
    if NATIVE:
        assert last_line(run("print(px.info()['threads'])", PIXLANE_NUM_THREADS="3")) == "3"
    for wrong in ("0", "-2", "two", "1.5", "5000"):
        done = run("", PIXLANE_NUM_THREADS=wrong)
        assert done.returncode
        assert f"PIXLANE_NUM_THREADS must be an integer from 1 to 4096, got '{wrong}'" in done.stderr


@needs_native
def test_why_so_many_threads() -> None:
    code = "print(px.info()['why']['threads'])"
    assert last_line(run(code)).startswith("the CPUs of this process")
    assert last_line(run(code, PIXLANE_NUM_THREADS="77")) == "PIXLANE_NUM_THREADS sets it"
    assert last_line(run(f"px.set_num_threads(5); {code}", PIXLANE_NUM_THREADS="77")) == "set_num_threads() set it"
    assert last_line(run(f"with px.num_threads(5): {code}")) == "num_threads() sets it"
    assert "threadpoolctl" in last_line(run(f"px._backend.native.set_num_threads(99); {code}"))
    child = "import os; p = os.fork()\nif p: os.waitpid(p, 0); os._exit(0)\nimport sys; sys.stdout.flush()\n"
    done = run(f"px.set_num_threads(5)\n{child}{code}")
    assert last_line(done).startswith("a forked child"), done


def test_the_fallback_says_so_once() -> None:
    code = """
import importlib.abc, sys, warnings
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "pixlane._native":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import pixlane as px, numpy as np
    px.resize(np.zeros((4, 4), np.uint8), (2, 2))
assert [w.category for w in caught] == [RuntimeWarning], caught
print(caught[0].message)
assert caught[0].filename == "<string>", caught[0]  # this code, not a file of pixlane
info = px.info()
assert not info["native"] and info["backend"] == info["backends"][0] == "reference", info
assert info["why"]["native"] == "not available: not built", info
try:
    px.use_backend("native")
except RuntimeError as error:
    print(error)
"""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PIXLANE_")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=inherited, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (
        "pixlane runs on its NumPy reference, which is slow: the native module is not available (not built)"
        in done.stdout
    )
    assert "name='native': this backend is not available (not built); here are reference" in done.stdout
