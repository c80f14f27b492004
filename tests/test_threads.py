"""The thread pool, seen from Python: counts, contexts, fork, Ctrl-C, many callers, the end of the interpreter.

What the pool does inside of a call is tested natively (cpp/tests/test_parallel.cpp). Whatever forks or handles signals
runs in an interpreter of its own, as pytest has threads. Times are bounded so generously that only a hang exceeds them.
"""

from __future__ import annotations

import asyncio
import functools
import os
import signal
import subprocess
import sys
import sysconfig
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import pixlane as px
from pixlane import _backend

native: Any = _backend.native
if native is None:
    pytest.skip(f"the native module is not available: {_backend.native_error}", allow_module_level=True)

probe: Callable[..., tuple[list[int], int]] = native._parallel_probe

SEVERAL = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two processors")
PATIENCE = 30.0  # seconds


@pytest.fixture(autouse=True)
def same_count() -> Iterator[None]:
    before = native.get_num_threads()
    yield
    native.set_num_threads(before)


PREAMBLE = """
import atexit, os, signal, sys, threading, time, warnings
import pixlane as px
from pixlane import _native
probe = _native._parallel_probe
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job of a shell is started deaf to it

def works(threads=3):
    for _ in range(10):
        workers, most = probe(20, threads, 10)
        assert len(workers) == 20 and set(workers) <= set(range(threads)) and 1 <= most <= threads, (workers, most)

def both_workers_ran():
    end = time.monotonic() + 30
    while set(probe(20, 2, 200)[0]) != {0, 1}:
        assert time.monotonic() < end, "no worker came"

def in_child(body):
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        code = 1
        try:
            body()
            code = 0
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, status
"""


def environment(**variables: str) -> dict[str, str]:
    plain = {k: v for k, v in os.environ.items() if not k.startswith("PIXLANE_")}
    # A BLAS has threads of its own, which CPython's warning about fork would count.
    plain |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    plain["SKBUILD_EDITABLE_VERBOSE"] = "0"  # an editable install builds when it is imported, and says so
    return plain | variables


def run(script: str, preamble: str = PREAMBLE, **variables: str) -> str:
    """Run a script in a new interpreter, and return what it printed."""
    command = [sys.executable, "-W", "error", "-c", preamble + textwrap.dedent(script)]
    done = subprocess.run(
        command, env=environment(**variables), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert done.stderr == ""
    return done.stdout


# ---- counts and contexts


def test_count_is_set_and_shown() -> None:
    px.set_num_threads(3)
    assert native.get_num_threads() == 3
    assert px.info()["threads"] == 3


@pytest.mark.parametrize("count", [0, -1, 4097, 2**31, -(2**63)])
def test_count_out_of_range(count: int) -> None:
    before = px.info()["threads"]
    with pytest.raises(ValueError):
        px.set_num_threads(count)
    with pytest.raises(ValueError):
        px.num_threads(count)
    with pytest.raises((ValueError, TypeError)):
        native.set_num_threads(count)
    assert px.info()["threads"] == before


def test_context_holds_for_its_block() -> None:
    px.set_num_threads(2)
    with px.num_threads(5):
        assert px.info()["threads"] == 5
        with px.num_threads(1):
            assert set(probe(50, None, 20)[0]) == {0}
        assert max(probe(50, None, 20)[0]) < 5
    assert px.info()["threads"] == 2


def test_context_holds_for_its_thread() -> None:
    px.set_num_threads(2)
    with px.num_threads(7), ThreadPoolExecutor(1) as pool:
        # A new thread begins with an empty context, or, free-threaded from 3.14 on, with a copy of ours.
        inherits = bool(getattr(sys.flags, "thread_inherit_context", False))
        assert pool.submit(lambda: px.info()["threads"]).result() == (7 if inherits else 2)


def test_context_holds_for_its_task() -> None:
    async def seen(count: int) -> int:
        with px.num_threads(count):
            await asyncio.sleep(0.001)
            return int(px.info()["threads"])

    async def both() -> list[int]:
        return list(await asyncio.gather(seen(3), seen(4)))

    assert asyncio.run(both()) == [3, 4]


def test_environment_sets_the_count() -> None:
    script = """
    def child():
        assert px.info()["threads"] == 3, px.info()["threads"]
    assert px.info()["threads"] == 3 == _native.default_num_threads()
    px.set_num_threads(2)
    in_child(child)
    """
    run(script, PIXLANE_NUM_THREADS="3")


def test_affinity_sets_the_count() -> None:
    one = sorted(os.sched_getaffinity(0))[0]
    script = f"os.sched_setaffinity(0, {{{one}}}); assert _native.default_num_threads() == 1 == px.info()['threads']"
    run(script)


# ---- work


def test_every_task_runs() -> None:
    for tasks in (0, 1, 2, 100):
        for threads in (1, 2, 5):
            workers, most = probe(tasks, threads, 10)
            assert len(workers) == tasks
            assert set(workers) <= set(range(threads))
            assert most <= threads


@SEVERAL
def test_two_at_once() -> None:
    end = time.monotonic() + PATIENCE
    while (most := probe(20, 2, 500)[1]) < 2:
        assert time.monotonic() < end, "nothing ran at the same time"
    assert most == 2


def test_nested_calls_are_serial() -> None:
    workers, most = probe(12, 3, 50, nested=4)
    assert set(workers) <= {0, 1, 2}
    assert most <= 3


def test_a_call_beside_another_is_serial() -> None:
    def long_call() -> None:
        probe(300, 2, 1000)

    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        other = threading.Thread(target=long_call)
        other.start()
        time.sleep(0.03)
        workers, _ = probe(10, 2, 10)
        overlapped = other.is_alive()
        other.join()
        if overlapped:
            assert set(workers) == {0}
            return
    pytest.fail("the calls never overlapped")


def test_exceptions_come_through() -> None:
    for threads in (1, 2, 4):
        for fail_at in (0, 7, 19):
            with pytest.raises(RuntimeError, match=f"task {fail_at} failed"):
                probe(20, threads, 20, fail_at=fail_at)
        assert len(probe(20, threads, 0)[0]) == 20


def test_many_threads_call_at_once() -> None:
    """On one shared input, with whatever thread counts, every call gives the same bytes."""
    image = np.random.default_rng(1).integers(0, 256, (401, 603, 3), np.uint8)
    with px.num_threads(1):
        expected = px.resize(image, (150, 251))

    def calls(count: int) -> bool:
        with px.num_threads(count):
            return all(np.array_equal(px.resize(image, (150, 251)), expected) for _ in range(15))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(calls, [1, 2, 3, 8] * 4))


def test_many_threads_call_many_ops() -> None:
    """More different calls than are kept, from many threads: what one keeps, or lets go, the others are using."""
    images = [np.random.default_rng(i).integers(0, 256, (40 + i % 7, 50 + i % 5, 3), np.uint8) for i in range(35)]
    calls: list[Callable[[], Any]] = []
    for i, image in enumerate(images):
        size = (20 + i % 3, 30 + i % 11)
        calls += [
            functools.partial(px.resize, image, size),
            functools.partial(px.resize, image.astype(np.float32), size, interpolation="bicubic"),
            functools.partial(px.normalize, image, i / 100, 0.5),
            functools.partial(px.preprocess, [image, images[i - 1]], resize=24 + i % 4, crop=20, mean=0.5, std=0.25),
            functools.partial(px.rotate, image, 10 * i),
            functools.partial(px.flip, image),
            functools.partial(px.pad, image, i % 6),
            functools.partial(px.correlate, image, [[1, i], [-2, 1]], border="wrap"),
            functools.partial(px.gaussian_blur, image, 0.5 + i / 5),
            functools.partial(px.box_blur, image, 1 + i % 9, mask=image[..., 0] > 99),
            functools.partial(px.median_blur, image, 1 + i % 9),
            functools.partial(px.opening, image, 1 + i % 6, shape="ellipse"),
        ]
    expected = [call() for call in calls]
    start = threading.Barrier(8)

    def work(seed: int) -> bool:
        start.wait(PATIENCE)
        order = np.random.default_rng(seed).permutation(len(calls)).tolist()
        with px.num_threads(1 + seed % 3):
            return all(np.array_equal(calls[at](), expected[at]) for _ in range(4) for at in order)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python has the GIL")
def test_importing_leaves_the_gil_off() -> None:
    code = "import sys, pixlane; assert pixlane.info()['native']; assert not sys._is_gil_enabled()"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_counts_change_under_calls() -> None:
    """Setting the count while other threads are in calls: no crash, no lost task."""
    stop = threading.Event()

    def calls() -> bool:
        return all(len(probe(16, None, 10)[0]) == 16 for _ in range(100))

    def change() -> None:
        while not stop.is_set():
            for count in (1, 4, 2, 6):
                native.set_num_threads(count)

    changer = threading.Thread(target=change)
    changer.start()
    try:
        with ThreadPoolExecutor(4) as pool:
            assert all(future.result() for future in [pool.submit(calls) for _ in range(4)])
    finally:
        stop.set()
        changer.join()


def test_idle_threads_sleep() -> None:
    script = """
    both_workers_ran()
    time.sleep(0.02)
    before = time.process_time()
    time.sleep(0.5)
    assert time.process_time() - before < 0.1
    """
    run(script)


# ---- Ctrl-C


def interrupt(script: str, number: int = signal.SIGINT) -> float:
    """Send a signal into a call, and return how many seconds later the script said so."""
    command = [sys.executable, "-u", "-W", "error", "-c", PREAMBLE + textwrap.dedent(script)]
    with subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            if process.stdout.readline() != "ready\n":
                process.kill()
                pytest.fail(process.stderr.read())
            time.sleep(0.2)
            sent = time.monotonic()
            process.send_signal(number)
            out, err = process.communicate(timeout=120)
        except BaseException:
            process.kill()
            raise
    assert process.returncode == 0, f"exit {process.returncode}\n{out}\n{err}"
    return float(out) - sent


LONG_CALL = """
print("ready")
try:
    probe({tasks}, {threads}, 1000)
except KeyboardInterrupt:
    print(time.monotonic())
works()  # and the pool is good for more
"""


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_interrupt(threads: int) -> None:
    assert interrupt(LONG_CALL.format(tasks=1_000_000, threads=threads)) < PATIENCE


@pytest.mark.parametrize(
    "call",
    [
        "px.correlate(image, noise)",
        "px.correlate(image.astype('uint8'), noise)",
        "px.gaussian_blur(image, 2000, truncate=4)",
        "px.median_blur(image, 151)",
        "px.erode(image, structure=noise)",
        "px.morphological_gradient(image, structure=noise)",
    ],
)
def test_interrupt_of_filters_that_look_at_much(call: str) -> None:
    """Where rows take long, strips of few are made."""
    script = f"""
    import numpy as np
    image = np.random.default_rng(0).random((1500, 3000), np.float32)
    noise = np.random.default_rng(1).normal(size=(301, 301)) / 300
    print("ready")
    try:
        {call}
    except KeyboardInterrupt:
        print(time.monotonic())
    """
    sanitized = "libasan" in os.environ.get("LD_PRELOAD", "")  # where each look takes many times as long
    assert interrupt(script) < (PATIENCE if sanitized else 5)  # it is some hundredths


def test_interrupt_of_a_nested_call() -> None:
    script = LONG_CALL.replace("1000)", "1000, nested=100000)").format(tasks=2, threads=2)
    assert interrupt(script) < PATIENCE


def test_interrupt_while_others_keep_the_gil_busy() -> None:
    script = """
    def spin():
        while True:
            pass
    threading.Thread(target=spin, daemon=True).start()
    """
    assert interrupt(textwrap.dedent(script) + LONG_CALL.format(tasks=1_000_000, threads=2)) < PATIENCE


def test_a_handler_raises_its_own_exception() -> None:
    script = """
    class Stopped(Exception):
        pass
    def handler(number, frame):
        raise Stopped
    signal.signal(signal.SIGUSR1, handler)
    print("ready")
    try:
        probe(1_000_000, 2, 1000)
    except Stopped:
        print(time.monotonic())
    """
    assert interrupt(script, signal.SIGUSR1) < PATIENCE


def test_a_handler_calls_us_and_the_call_goes_on() -> None:
    script = """
    handled = []
    def handler(number, frame):
        handled.append(probe(10, 2, 100))
    signal.signal(signal.SIGUSR1, handler)
    print("ready")
    end = time.monotonic() + 30
    while not handled and time.monotonic() < end:
        workers, most = probe(500, 2, 1000)
        assert -1 not in workers
    assert len(handled[0][0]) == 10
    print(time.monotonic())
    """
    assert interrupt(script, signal.SIGUSR1) < PATIENCE * 2


def test_other_threads_are_not_interrupted() -> None:
    script = """
    done = []
    other = threading.Thread(target=lambda: done.append(probe(1500, 2, 1000)))
    other.start()
    print("ready")
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        print(time.monotonic())
    while not done:
        time.sleep(0.01)
    assert len(done[0][0]) == 1500 and -1 not in done[0][0]
    """
    assert interrupt(script) < PATIENCE


# ---- fork


def test_fork_after_calls() -> None:
    script = """
    def child():
        assert px.info()["threads"] == 1, px.info()["threads"]
        assert set(probe(10, None, 10)[0]) == {0}
        works()
        in_child(works)  # and a grandchild
        px.set_num_threads(2)
        assert px.info()["threads"] == 2
        with px.num_threads(3):
            assert px.info()["threads"] == 3
    px.set_num_threads(4)
    for _ in range(10):
        both_workers_ran()
        in_child(child)
        assert px.info()["threads"] == 4
        works()
    """
    run(script)


def test_fork_before_any_call() -> None:
    run("in_child(lambda: sys.exit(1) if px.info()['threads'] != 1 else works())\nworks()")


def test_fork_inside_of_a_context() -> None:
    script = """
    def child():
        assert px.info()["threads"] == 1, px.info()["threads"]
        assert set(probe(10, None, 10)[0]) == {0}
    with px.num_threads(4):
        in_child(child)
        assert px.info()["threads"] == 4
    """
    run(script)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python warns from 3.12 on")
def test_fork_gives_no_warning() -> None:
    """The scripts here make warnings errors; this one shows that Python would have warned."""
    script = """
    for _ in range(50):
        both_workers_ran()
        in_child(lambda: None)
    threading.Thread(target=time.sleep, args=(3,), daemon=True).start()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        in_child(lambda: None)
    assert [w.category for w in caught] == [DeprecationWarning], caught
    """
    run(script)


def test_fork_while_another_thread_is_in_a_call() -> None:
    script = """
    warnings.simplefilter("ignore", DeprecationWarning)  # there is a thread, and Python says so
    stop = threading.Event()
    def calls():
        while not stop.is_set():
            works()
    caller = threading.Thread(target=calls)
    caller.start()
    for _ in range(30):
        in_child(works)
    stop.set()
    caller.join()
    works()
    """
    run(script)


def test_forked_from_another_thread_and_interrupted() -> None:
    """The thread that forks is the child's main thread, so Ctrl-C is for it."""
    script = """
    warnings.simplefilter("ignore", DeprecationWarning)
    def handler(number, frame):
        raise TimeoutError
    def child():
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        try:
            probe(1_000_000, 2, 1000)
        except TimeoutError:
            return
        raise AssertionError("not interrupted")
    both_workers_ran()
    failures = []
    threading.excepthook = lambda arguments: failures.append(arguments)
    thread = threading.Thread(target=in_child, args=(child,))
    thread.start()
    thread.join()
    assert not failures, failures
    """
    run(script)


WORKER = """
import os
import pixlane as px
from pixlane import _native

def work(index):
    workers, _ = _native._parallel_probe(20, 2, 10)
    return os.getpid(), px.info()["threads"], len(workers)
"""


@pytest.mark.parametrize("told", [None, "3"])
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(method: str, told: str | None, tmp_path: Any) -> None:
    """A worker has one thread unless told otherwise, however it was started."""
    (tmp_path / "pool_worker.py").write_text(WORKER)
    script = f"""
    sys.path.insert(0, {str(tmp_path)!r})
    import multiprocessing
    import pool_worker
    warnings.simplefilter("ignore", DeprecationWarning)  # the pool has threads of its own
    if __name__ == "__main__":
        both_workers_ran()
        with multiprocessing.get_context({method!r}).Pool(2) as pool:
            results = pool.map(pool_worker.work, range(20))
            works()
        assert len(results) == 20
        assert all(pid != os.getpid() and tasks == 20 for pid, _, tasks in results)
        assert {{count for _, count, _ in results}} == {{{told or 1}}}
        assert px.info()["threads"] == _native.default_num_threads()
    """
    variables = {"PYTHONPATH": os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))}
    run(script, **variables, **({} if told is None else {"PIXLANE_NUM_THREADS": told}))


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_from_a_script(method: str, early: bool, tmp_path: Any) -> None:
    """A worker that imports pixlane with the main module, before its own beginning, or not until its task."""
    script = tmp_path / "main.py"
    script.write_text(
        ("import pixlane\n" if early else "")
        + f"""
import multiprocessing

def threads(_):
    import pixlane as px
    return px.info()["threads"]

if __name__ == "__main__":
    with multiprocessing.get_context({method!r}).Pool(2) as pool:
        print(set(pool.map(threads, range(8))))
"""
    )
    command = [sys.executable, "-W", "error", str(script)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=300, check=False)
    assert (done.stdout, done.returncode) == ("{1}\n", 0), done.stderr


# ---- the caller's floating-point environment

ENVIRONMENT = """
import ctypes
import numpy as np
libm = ctypes.CDLL("libm.so.6")
UPWARD = {"x86_64": 0x800, "aarch64": 0x400000}[os.uname().machine]
rng = np.random.default_rng(1)
image = rng.integers(0, 65536, (67, 93, 3), np.uint16)
# Not those of another call: each has a plan of its own, made in the environment of its caller.
ops = [
    lambda k: px.normalize(image, 0.3 + k, 0.7),
    lambda k: px.preprocess(image, resize=33 + k, crop=30, mean=0.3, std=0.7),
    lambda k: px.resize(image, (31 + k, 40), interpolation="lanczos"),
    lambda k: px.elastic(image, 15 + k, 4, seed=1),
]
for k, op in enumerate(ops):
    libm.fesetround(UPWARD)
    have = op(k)
    assert libm.fegetround() == UPWARD
    libm.fesetround(0)
    for other in range(100):  # out of the caches with it
        op(other + 10)
    assert np.array_equal(have, op(k)), k
"""


@pytest.mark.skipif(sys.platform != "linux", reason="knows the modes of Linux by their numbers")
def test_the_rounding_mode_of_the_caller() -> None:
    run(ENVIRONMENT)


# ---- the end


def test_calls_from_atexit_handlers() -> None:
    script = """
    class Late:
        def __del__(self):
            probe(20, 2, 10)
            print("deleted")
    sys.late = Late()
    both_workers_ran()
    atexit.register(lambda: (works(), print("at exit")))
    """
    assert run(script).split("\n")[0] == "at exit"


def test_first_call_from_an_atexit_handler() -> None:
    assert run("atexit.register(lambda: (works(), print('at exit')))") == "at exit\n"


def test_exit_while_daemon_threads_are_in_calls() -> None:
    script = """
    def calls():
        while True:
            probe(20, 2, 100)
    for _ in range(3):
        threading.Thread(target=calls, daemon=True).start()
    time.sleep(0.05)
    print("end")
    """
    for _ in range(10):
        assert run(script) == "end\n"


# ---- threadpoolctl

LIMITS = """
px.set_num_threads(4)
assert [entry["num_threads"] for entry in threadpoolctl.threadpool_info() if entry["user_api"] == "pixlane"] == [4]
with threadpoolctl.threadpool_limits(limits=1):
    assert px.info()["threads"] == 1
    assert set(probe(20, None, 10)[0]) == {0}
with threadpoolctl.threadpool_limits(limits={"pixlane": 2}):
    assert px.info()["threads"] == 2
with threadpoolctl.threadpool_limits(limits=1, user_api="blas"):
    assert px.info()["threads"] == 4
assert px.info()["threads"] == 4
assert not any(type(finder).__module__ == "pixlane._threadpoolctl" for finder in sys.meta_path)
"""


@pytest.mark.parametrize("order", ["before", "after", "looked for, and after"])
def test_threadpoolctl_limits(order: str) -> None:
    pytest.importorskip("threadpoolctl")
    # The first script imports threadpoolctl before pixlane, the others after it.
    first = {
        "before": "import threadpoolctl\n" + PREAMBLE,
        "after": "import threadpoolctl",
        "looked for, and after": "from importlib import util\nutil.find_spec('threadpoolctl')\nimport threadpoolctl",
    }
    run(first[order] + LIMITS, preamble="" if order == "before" else PREAMBLE)


def test_without_threadpoolctl() -> None:
    script = """
    import importlib
    class Hide:
        def find_spec(self, name, path=None, target=None):
            if name == "threadpoolctl":
                raise ModuleNotFoundError(name)
    sys.meta_path.insert(1, Hide())
    for _ in range(2):
        try:
            import threadpoolctl
        except ModuleNotFoundError:
            pass
        else:
            raise AssertionError
    import colorsys  # others are imported as ever
    """
    run(script)
