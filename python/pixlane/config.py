"""Threads, backend, instruction set, and what was chosen.

The contexts are context variables: they hold in the thread or task that enters them, and nowhere else.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType
from typing import Any, TypeVar

from pixlane import _backend, _threadpoolctl

__all__ = ["__version__", "info", "num_threads", "set_num_threads", "use_backend", "use_isa"]

F = TypeVar("F", bound=Callable[..., Any])


def _version() -> str:
    if _backend.native is not None:
        return str(_backend.native.__version__)
    from importlib import metadata  # slow to import, and not needed otherwise

    try:
        return metadata.version("pixlane")
    except metadata.PackageNotFoundError:  # run from the source tree
        return "0+unknown"


__version__ = _version()


def _isas() -> list[str]:
    return list(_backend.native.isas()) if _backend.native is not None else []


def _check_isa(name: object, source: str) -> str:
    if not isinstance(name, str):
        raise TypeError(f"{source} must be a str, got {type(name).__name__}")
    accepted = _isas()
    if not accepted:
        raise RuntimeError(f"{source}={name!r}: the native module is not available ({_backend.native_error})")
    if name not in accepted:
        raise ValueError(f"{source} must be one of {', '.join(accepted)} on this machine, got {name!r}")
    return name


def _check_threads(count: object, name: str) -> int:
    if isinstance(count, bool) or not hasattr(count, "__index__"):
        raise TypeError(f"{name} must be an int, got {type(count).__name__}")
    number = int(count.__index__())
    if not 1 <= number <= 4096:
        raise ValueError(f"{name} must be from 1 to 4096, got {number}")
    return number


def _threads_from_environment() -> int | None:
    text = os.environ.get("PIXLANE_NUM_THREADS")
    if not text:
        return None
    try:
        return _check_threads(int(text), "PIXLANE_NUM_THREADS")
    except ValueError:
        raise ValueError(f"PIXLANE_NUM_THREADS must be an integer from 1 to 4096, got {text!r}") from None


_threads_forced = _threads_from_environment()
_isa_forced = _check_isa(os.environ["PIXLANE_ISA"], "PIXLANE_ISA") if os.environ.get("PIXLANE_ISA") else None

# The native module reads both at each call; None means the default of the process.
_threads: ContextVar[int | None] = ContextVar("pixlane.threads", default=None)
_isa: ContextVar[str | None] = ContextVar("pixlane.isa", default=_isa_forced)
if _backend.native is not None:
    _backend.native.bind_context(_threads, _isa)
    _threadpoolctl.install()


def _is_worker() -> bool:
    """Return whether multiprocessing started this process, by whatever method."""
    process = sys.modules.get("multiprocessing.process")
    # The mark is there while a process made by spawn or by a fork server imports what it shall run.
    return process is not None and (
        process.parent_process() is not None or hasattr(process.current_process(), "_inheriting")
    )


#: What `set_num_threads` was last asked for, and the process that imported pixlane: for `info` alone.
_threads_set: int | None = None
_importer = os.getpid()

# Its siblings are many. Where pixlane came before a fork, the native module sees to it, in any forked child.
if _backend.native is not None and _threads_forced is None and _is_worker():
    _backend.native.set_num_threads(1)

# What the contexts entered here replaced, innermost first. Held in the context, not in the managers, so that one
# manager may be used again, nested, and by many threads and tasks at once.
_replaced: ContextVar[tuple[Any, ...]] = ContextVar("pixlane.replaced", default=())


class _Setting:
    """Sets context variables for a ``with`` block, or for the calls of a decorated function."""

    __slots__ = ("_name", "_values")

    def __init__(self, name: str, values: tuple[tuple[ContextVar[Any], Any], ...]) -> None:
        self._name = name
        self._values = values

    def __enter__(self) -> None:
        _replaced.set((tuple(variable.get() for variable, _ in self._values), _replaced.get()))
        for variable, value in self._values:
            variable.set(value)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        before, rest = _replaced.get()
        for (variable, _), value in zip(self._values, before, strict=True):
            variable.set(value)
        _replaced.set(rest)

    def __call__(self, function: F) -> F:
        @functools.wraps(function)
        def inside(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return inside  # type: ignore[return-value]

    def __repr__(self) -> str:
        return f"pixlane.{self._name}"


def set_num_threads(count: int) -> None:
    """Set how many threads the native ops of this process may use.

    Parameters
    ----------
    count : int
        From 1 to 4096. The default is ``PIXLANE_NUM_THREADS``, else what CPU affinity and the cgroup's quota allow,
        and 1 in a forked child and in the worker processes of multiprocessing.

    Raises
    ------
    TypeError
        ``count`` is not an integer.
    ValueError
        ``count`` is out of range.

    Notes
    -----
    Results never depend on the number of threads. The reference backend uses one.

    Examples
    --------
    >>> px.set_num_threads(2)
    """
    global _threads_set
    number = _check_threads(count, "count")
    if _backend.native is not None:
        _backend.native.set_num_threads(number)
        _threads_set = number


def num_threads(count: int) -> _Setting:
    """Return a context manager (or decorator) in which native ops use at most ``count`` threads.

    Parameters
    ----------
    count : int
        From 1 to 4096.

    Raises
    ------
    TypeError
        ``count`` is not an integer.
    ValueError
        ``count`` is out of range.

    Notes
    -----
    It holds for the Python thread or asyncio task that enters it.

    Examples
    --------
    >>> with px.num_threads(1):
    ...     small = px.resize(np.zeros((8, 8), np.uint8), (4, 4))
    """
    number = _check_threads(count, "count")
    return _Setting(f"num_threads({number})", ((_threads, number),))


def use_backend(name: str) -> _Setting:
    """Return a context manager (or decorator) in which the backend ``name`` does the work.

    Parameters
    ----------
    name : str
        One of ``px.info()["backends"]``: "native" (C++), "reference" (NumPy, or CuPy for arrays on a GPU), "cuda".

    Raises
    ------
    ValueError
        No backend has this name; the message lists those that there are.
    RuntimeError
        The backend is not available here; the message says why.

    Notes
    -----
    Every backend gives the same bytes. The environment variable ``PIXLANE_BACKEND`` does the same for a process.

    Examples
    --------
    >>> with px.use_backend("reference"):
    ...     small = px.resize(np.zeros((8, 8), np.uint8), (4, 4))
    """
    module = _backend.get(name, "name")
    return _Setting(
        f"use_backend({name!r})", ((_backend.host, _backend.host_entry(name, module)), (_backend.choice, name))
    )


def use_isa(name: str) -> _Setting:
    """Return a context manager (or decorator) in which native ops use the instruction set ``name``.

    Parameters
    ----------
    name : str
        One of ``px.info()["isa_available"]``, for example "x86-64-v3".

    Raises
    ------
    ValueError
        This machine or build does not have the instruction set; the message lists those that there are.
    RuntimeError
        The native module is not available.

    Notes
    -----
    Results never depend on it. The environment variable ``PIXLANE_ISA`` does the same for a process.

    Examples
    --------
    >>> for isa in px.info()["isa_available"]:
    ...     with px.use_isa(isa):
    ...         small = px.resize(np.zeros((8, 8), np.uint8), (4, 4))
    """
    checked = _check_isa(name, "name")
    return _Setting(f"use_isa({checked!r})", ((_isa, checked),))


def info() -> dict[str, Any]:
    """Return what was chosen on this machine, and why.

    Returns
    -------
    dict
        "version"; "native" (whether the native module is there); "backend" (the one that takes a NumPy array now);
        "backends" (names for `use_backend`); "isa" (the instruction set that a native op uses now, None without the
        native module); "isa_available" (names for `use_isa`, slowest first); "threads" (how many a native op may use
        now); "cuda" (the device, or why there is none); "why" (a sentence for each of "native", "backend", "isa" and
        "threads").

    Examples
    --------
    >>> "reference" in px.info()["backends"]
    True
    """
    native = _backend.native
    isa = _isa.get()
    threads = _threads.get()
    forced = _backend.choice.get()
    why = {
        "native": "built and loaded" if native is not None else f"not available: {_backend.native_error}",
        "backend": (
            f"{'PIXLANE_BACKEND' if forced == _backend.forced else 'use_backend'} forces it"
            if forced is not None
            else "the native module is there"
            if native is not None
            else "the native module is not available"
        ),
        "isa": (
            "the native module is not available"
            if native is None
            else "the best that this machine runs"
            if isa is None
            else f"{'PIXLANE_ISA' if isa == _isa_forced else 'use_isa'} forces it"
        ),
        "threads": (
            "the native module is not available, and the reference uses one"
            if native is None
            else "num_threads() sets it"
            if threads is not None
            else _why_threads(native)
        ),
    }
    return {
        "version": __version__,
        "native": native is not None,
        "backend": _backend.current(),
        "backends": _backend.available(),
        "isa": None if native is None else isa if isa is not None else native.best_isa(),
        "isa_available": _isas(),
        "threads": 1 if native is None else threads if threads is not None else native.get_num_threads(),
        "cuda": _cuda(),
        "why": why,
    }


def _why_threads(native: Any) -> str:
    """Return what set the thread count of this process."""
    count = native.get_num_threads()
    if count == _threads_set:
        return "set_num_threads() set it"
    if count == _threads_forced:
        return "PIXLANE_NUM_THREADS sets it"
    if count == 1 and (os.getpid() != _importer or _is_worker()):
        return "a forked child and a worker of multiprocessing begin with one"
    if count == native.default_num_threads():
        return "the CPUs of this process, by its affinity and the quota of its control group"
    return "threadpoolctl or another caller of the native module set it"


def _cuda() -> str | dict[str, Any]:
    module, reason = _backend.load("cuda")
    if module is None and reason == "not built":
        return "not available: not built (it is where nvcc and a GPU are there, or with PIXLANE_CUDA=ON)"
    if module is None:
        return f"not available: {reason}"
    return dict(module.device_info())
