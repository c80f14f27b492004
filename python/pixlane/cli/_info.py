"""``pixlane info``: what `pixlane.info` says, and the machine and packages around it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pixlane as px

#: Packages whose version matters to a bug report or to a comparison of speed.
_PACKAGES = (
    "numpy",
    "pillow",
    "opencv-python-headless",
    "opencv-python",
    "scikit-image",
    "scipy",
    "torch",
    "torchvision",
    "cupy-cuda12x",
    "cupy-cuda13x",
)


def facts() -> dict[str, Any]:
    """Everything that ``pixlane info`` shows, ready for JSON: `pixlane.info`, "machine", "python" and "packages"."""
    return {**px.info(), "machine": machine(), "python": _python(), "packages": packages()}


def machine() -> dict[str, Any]:
    """Processor, cores, memory and system. "cores" are those this process may use."""
    found: dict[str, Any] = {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
    }
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        found["memory_gib"] = round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)
    return found


def usable_threads() -> int:
    """As many as the native pool would use; without it, a thread for each core."""
    chosen = px.info()
    return int(chosen["threads"]) if chosen["native"] else int(machine()["cores"] or 1)


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _python() -> str:
    free_threaded = not getattr(sys, "_is_gil_enabled", lambda: True)()
    return f"{platform.python_implementation()} {platform.python_version()}" + (" without GIL" if free_threaded else "")


def packages() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def lines(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The same for reading: one line each, most asked for first."""
    facts = dict(facts)
    around = facts.pop("machine")
    yield "pixlane", str(facts.pop("version"))
    memory = f", {around['memory_gib']} GiB" if "memory_gib" in around else ""
    yield "machine", f"{around['processor']}, {around['cores']} cores{memory}"
    yield "system", f"{around['system']}, {around['architecture']}"
    yield "python", str(facts.pop("python"))
    installed = facts.pop("packages")
    for name, value in facts.items():
        yield name.replace("_", " "), _text(value)
    yield "packages", ", ".join(f"{name} {version}" for name, version in installed.items())


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_text(inner)}" for name, inner in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(str(inner) for inner in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)
