"""Lets threadpoolctl see and limit the thread pool, once somebody imports it.

``threadpool_limits(limits=1)``, or ``limits={"pixlane": 1}``, then sets this process's thread count for the time of its
block, as ``set_num_threads`` does; ``num_threads`` contexts go before it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from importlib.abc import Loader  # which takes longer to import than the rest of pixlane


def register() -> None:
    """Register the controller with threadpoolctl, which must be installed; releases before 3.2 cannot be extended."""
    import threadpoolctl

    if not hasattr(threadpoolctl, "register"):
        return

    class PixlaneController(threadpoolctl.LibController):  # type: ignore[misc, unused-ignore]
        user_api = "pixlane"
        internal_api = "pixlane"
        filename_prefixes = ("_native",)
        check_symbols = ("pixlane_get_num_threads", "pixlane_set_num_threads")  # other packages have a _native, too

        def get_num_threads(self) -> int:
            return int(self.dynlib.pixlane_get_num_threads())

        def set_num_threads(self, num_threads: int) -> None:
            self.dynlib.pixlane_set_num_threads(num_threads)

        def get_version(self) -> str:
            from pixlane import __version__

            return __version__

    threadpoolctl.register(PixlaneController)


class _Loader:
    """Executes the module by its own loader, then registers."""

    def __init__(self, own: Loader) -> None:
        self._own = own

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._own.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._own
        if module.__spec__ is not None:
            module.__spec__.loader = self._own
        self._own.exec_module(module)
        sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _WaitForImport)]
        register()


class _WaitForImport:
    """Stands first among the finders until threadpoolctl is imported, and then is gone.

    Importing it ourselves would cost every user of pixlane the time; registering only when it is there already would
    make the order of two imports matter.
    """

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != "threadpoolctl":
            return None
        for finder in sys.meta_path:
            find_spec = getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = None
            if not isinstance(finder, _WaitForImport) and find_spec is not None:
                spec = find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = cast("Loader", _Loader(spec.loader))
                return spec
        return None  # not installed


def install() -> None:
    """Register now if threadpoolctl is imported, else as soon as it is."""
    if "threadpoolctl" in sys.modules:
        register()
    else:
        sys.meta_path.insert(0, _WaitForImport())
