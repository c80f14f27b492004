"""Adaptors: one file per library, all with the interface of ``base.Peer``."""

from __future__ import annotations

import importlib
from importlib import metadata

from .base import Bound, Job, LocalJob, Missing, Peer, Skip

# Module of this package -> (distribution, version that the speed table was made with).
PINNED = {
    "opencv": ("opencv-python-headless", "5.0.0.93"),
    "pillow": ("pillow", "13.0.0"),
    "pillow_simd": ("pillow-simd", "12.1.1.post0"),
    "cykooz": ("cykooz-resizer", "4.0.1"),
    "kornia": ("kornia-rs", "0.2.0"),
    "albucore_peer": ("albucore", "0.3.1"),
    "torchvision_peer": ("torchvision", "0.28.0"),
    "skimage_peer": ("scikit-image", "0.26.0"),
    "scipy_peer": ("scipy", "1.17.1"),
    "numpy_peer": ("numpy", ""),
}

__all__ = ["PINNED", "Bound", "Job", "LocalJob", "Missing", "Peer", "Skip", "available", "names"]


def names() -> list[str]:
    """What ``--peers`` takes: the distributions' names."""
    return [distribution for distribution, _ in PINNED.values()]


def available(threads: int, only: list[str] | None = None) -> tuple[list[Peer], dict[str, str]]:
    """The peers that can be had here, held at ``threads``, and why each other one is missing."""
    if unknown := set(only or ()) - set(names()):
        raise ValueError(f"unknown peers {', '.join(sorted(unknown))}; known: {', '.join(names())}")
    peers, missing = [], {}
    for module, (distribution, pinned) in PINNED.items():
        if only is not None and distribution not in only:
            continue
        try:
            peer: Peer = importlib.import_module(f"{__name__}.{module}").Adaptor(threads)
        except ImportError as error:  # Missing is one
            missing[distribution] = str(error)
            continue
        peer.name = distribution
        peer.pinned = pinned
        peers.append(peer)
    return peers, missing


def installed_version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "unknown"
