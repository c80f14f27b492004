"""Who does the work.

A backend is a module that exports the ops with the signatures of ``pixlane.reference``. The one for arrays in main
memory is in the context variable ``host``, the one for arrays on a GPU comes from ``device()``. A context in which
the forced backend cannot take such arrays holds an object whose every attribute raises, so that choosing stays one
look-up.
"""

from __future__ import annotations

import functools
import importlib
import os
import sys
import warnings
from contextvars import ContextVar
from typing import Any, NoReturn

NAMES = ("native", "reference", "cuda", "cuda_host")
_MODULES = {
    "native": "pixlane._native",
    "reference": "pixlane.reference",
    "cuda": "pixlane._cuda",
    "cuda_host": "pixlane._cuda_host",
}
_ON_HOST = ("native", "reference", "cuda_host")
_ON_DEVICE = ("cuda", "reference")

Backend = Any


class Refusal:
    """Stands where a backend would, and raises when it is asked for an op."""

    def __init__(self, message: str) -> None:
        self._message = message

    def __getattr__(self, name: str) -> NoReturn:
        raise TypeError(self._message)


class MissingOpError(NotImplementedError):
    """A forced backend does not have an op; ``name`` is the backend's name of it."""


class Partial:
    """A backend that has some of the ops. The others are those of ``rest``, or missing where there is none."""

    def __init__(self, name: str, module: Backend, rest: Backend | None) -> None:
        self._name, self._module, self._rest = name, module, rest

    def __getattr__(self, name: str) -> Any:
        op = getattr(self._module, name, None)
        if op is None:
            if self._rest is None:
                error = MissingOpError(f"backend {self._name!r} does not have {name!r} yet; choose another one")
                error.name = name  # type: ignore[attr-defined]
                raise error
            op = getattr(self._rest, name)
        setattr(self, name, op)  # the next look-up does not come here
        return op


def _current_stream(device: int) -> int:
    """Return the address of CuPy's current stream of a device, on which calls with its arrays go."""
    return int(sys.modules["cupy"].cuda.get_current_stream(device).ptr)


@functools.cache
def load(name: str) -> tuple[Backend | None, str | None]:
    """Return the module, or None and why it is not there, or of no use here."""
    try:
        module = importlib.import_module(_MODULES[name])
        if name != "cuda":
            return module, None
        found = module.device_info()  # the first that asks the driver
        if isinstance(found, str):
            return None, found
        if hasattr(module, "bind_streams"):
            module.bind_streams(_current_stream)
        return module, None
    except ModuleNotFoundError as error:
        if error.name == _MODULES[name]:
            return None, "not built"
        return None, str(error)
    except ImportError as error:
        return None, str(error)


def get(name: object, source: str) -> Backend:
    """Return the backend called ``name``; ``source`` is the argument or variable that named it."""
    if not isinstance(name, str):
        raise TypeError(f"{source} must be one of {', '.join(NAMES)}, got {type(name).__name__}")
    if name not in NAMES:
        raise ValueError(f"{source} must be one of {', '.join(NAMES)}, got {name!r}")
    module, reason = load(name)
    if module is None:
        raise RuntimeError(
            f"{source}={name!r}: this backend is not available ({reason}); here are {', '.join(available())}"
        )
    return module


def available() -> list[str]:
    """Return the names of the backends that can be had here."""
    return [name for name in NAMES if load(name)[0] is not None]


def host_entry(name: str, module: Backend) -> Backend:
    """Return what ``host`` holds when ``name`` is forced."""
    if name == "cuda_host":
        return Partial(name, module, None)
    if name in _ON_HOST:
        return module
    return Refusal(
        f"backend {name!r} takes arrays on the GPU, got one in main memory; choose another backend or move it"
    )


def _importer() -> int:
    """Return the stack level of the code that imports pixlane, for a warning to point there."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None:
        importing = frame.f_code.co_filename.startswith("<frozen importlib")  # which warnings does not count
        if not importing and frame.f_globals.get("__name__", "").partition(".")[0] != "pixlane":
            break
        level += not importing
        frame = frame.f_back
    return level


native, native_error = load("native")
forced = os.environ.get("PIXLANE_BACKEND") or None

if forced is not None:
    _default = host_entry(forced, get(forced, "PIXLANE_BACKEND"))
elif native is not None:
    _default = native
else:
    _default = get("reference", "backend")
    warnings.warn(
        f"pixlane runs on its NumPy reference, which is slow: the native module is not available ({native_error})",
        RuntimeWarning,
        stacklevel=_importer(),
    )

#: The backend for arrays in main memory.
host: ContextVar[Backend] = ContextVar("pixlane.host", default=_default)
#: The name that a context forces, None for none.
choice: ContextVar[str | None] = ContextVar("pixlane.backend", default=forced)


@functools.cache
def _cuda(forced: bool) -> Backend:
    rest = None if forced else get("reference", "backend")
    return Partial("cuda", get("cuda", "backend"), rest)


def device() -> Backend:
    """Return the backend for arrays on a GPU.

    It is the CUDA one, with the ops of the reference, which then works with CuPy, for those that it does not have.
    """
    name = choice.get()
    if name is None:
        return _cuda(False) if load("cuda")[0] is not None else get("reference", "backend")
    if name == "cuda":
        return _cuda(True)
    if name in _ON_DEVICE:
        return get(name, "backend")
    return Refusal(
        f"backend {name!r} takes arrays in main memory, got one on the GPU; choose another backend or move it"
    )


def current() -> str:
    """Return the name of the backend that takes a NumPy array now."""
    return choice.get() or ("native" if native is not None else "reference")
