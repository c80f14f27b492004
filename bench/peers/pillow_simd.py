"""Pillow-SIMD replaces PIL, so it lives in an environment of its own and runs as a server.

    python -m bench.peers.pillow_simd --install DIR     # makes the environment (a C compiler, libjpeg and zlib headers)

``PIXLANE_BENCH_PILLOW_SIMD`` names DIR; without it ``build/pillow-simd`` is tried. The server times itself, so the pipe
is outside of every figure. It inherits this process's CPU affinity.
"""

from __future__ import annotations

import argparse
import os
import pickle
import subprocess
import sys
import venv
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..cases import Case
from . import PINNED
from .base import Array, Bound, Images, Job, Missing, Peer, Skip

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "PIXLANE_BENCH_PILLOW_SIMD"


def environment() -> Path:
    return Path(os.environ.get(VARIABLE) or ROOT / "build" / "pillow-simd")


class Adaptor(Peer):
    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        python = environment() / "bin" / "python"
        if not python.exists():
            raise Missing(f"no environment at {environment()}: python -m bench.peers.pillow_simd --install DIR")
        self._server = subprocess.Popen(
            [python, "-m", "bench.peers.pillow_simd", "--serve", str(threads)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        try:
            self._version = str(self.ask("version"))
        except EOFError:
            raise Missing(f"the server in {environment()} did not start") from None

    def version(self) -> str:
        return self._version

    def jobs(self, case: Case, buffers: list[Images]) -> list[Job]:
        count = self.ask("jobs", case, buffers[0], len(buffers))
        return [RemoteJob(self, index, bound, note) for index, (bound, note) in enumerate(count)]

    def ask(self, *request: Any) -> Any:
        assert self._server.stdin is not None and self._server.stdout is not None
        _send(self._server.stdin, request)
        reply = pickle.load(self._server.stdout)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def cpu_seconds(self) -> float:
        try:
            fields = Path(f"/proc/{self._server.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait()


class RemoteJob(Job):
    def __init__(self, peer: Adaptor, index: int, bound: Bound, note: str) -> None:
        super().__init__(bound=bound, note=note)
        self._peer = peer
        self._index = index

    def sample(self, calls: int, begin: int = 0) -> float:
        return float(self._peer.ask("sample", self._index, calls, begin))

    def warm_sample(self, calls: int, begin: int, warm_seconds: float) -> tuple[float, int]:
        seconds, made = self._peer.ask("warm_sample", self._index, calls, begin, warm_seconds)
        return float(seconds), int(made)

    def picture(self) -> Array:
        return np.asarray(self._peer.ask("picture", self._index))

    def close(self) -> None:
        self._peer.ask("close")


def _send(stream: IO[bytes], message: Any) -> None:
    pickle.dump(message, stream, protocol=5)
    stream.flush()


def serve(threads: int) -> None:
    # Whatever a library prints must not get between the replies.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    from PIL import __version__

    from ..images import copies
    from . import pillow

    peer = pillow.Adaptor(threads)
    jobs: list[Job] = []
    while True:
        try:
            what, *arguments = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        reply: Any = None
        try:
            if what == "version":
                reply = __version__
            elif what == "jobs":
                case, images, count = arguments
                jobs = peer.jobs(case, [images] + [copies(images) for _ in range(count - 1)])
                reply = [(job.bound, job.note) for job in jobs]
            elif what == "sample":
                reply = jobs[arguments[0]].sample(*arguments[1:])
            elif what == "warm_sample":
                reply = jobs[arguments[0]].warm_sample(*arguments[1:])
            elif what == "picture":
                reply = jobs[arguments[0]].picture()
            elif what == "close":
                jobs = []
        except Skip as skip:
            reply = skip
        except Exception as error:
            reply = RuntimeError(f"Pillow-SIMD server: {type(error).__name__}: {error}")
        _send(replies, reply)


def install(directory: Path) -> None:
    """An environment with NumPy and Pillow-SIMD, compiled for AVX2 as its authors advise."""
    venv.create(directory, with_pip=True)
    pinned = "pillow-simd=={}".format(PINNED["pillow_simd"][1])
    compiler = os.environ.get("CC", "cc") + " -mavx2"
    pip = [str(directory / "bin" / "python"), "-m", "pip", "install", f"numpy=={np.__version__}", pinned]
    subprocess.run(pip, check=True, env={**os.environ, "CC": compiler})
    print(f"export {VARIABLE}={directory.resolve()}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--install", type=Path, metavar="DIR")
    parser.add_argument("--serve", type=int, metavar="THREADS", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.install:
        install(options.install)
    elif options.serve:
        serve(options.serve)
    else:
        parser.print_help()
