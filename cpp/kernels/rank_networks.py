"""Makes rank_networks.h: ``python cpp/kernels/rank_networks.py`` (some minutes, nearly all of them for 7 x 7).

A wire is written as an integer with one bit for each state of a neighbourhood whose columns are sorted: a state is the
number of ones in each column. So two wires are put in order, in all states at once, by an "and" and an "or"; a step
that would change no state is left out, and so is what nobody reads. A network is right when the bits of its result are
those of the states with more ones than zeros (the 0-1 principle).
"""

from __future__ import annotations

import random
from pathlib import Path

Wire = tuple[int, int]  # rank in its column, column
Step = tuple[Wire, Wire, int]  # which of the two is read later: the first (1), the second (2), both (3)

#: Networks that sort a column.
COLUMNS = {
    3: [(0, 2), (0, 1), (1, 2)],
    5: [(0, 3), (1, 4), (0, 2), (1, 3), (0, 1), (2, 4), (1, 2), (3, 4), (2, 3)],
    7: [
        *((0, 6), (2, 3), (4, 5), (0, 2), (1, 4), (3, 6), (0, 1), (2, 5)),
        *((3, 4), (1, 2), (4, 6), (2, 3), (4, 5), (1, 2), (3, 4), (5, 6)),
    ],
}
TRIALS = {3: 50, 5: 1500, 7: 2500}


def states(side: int) -> dict[Wire, int]:
    """In which states the sample of each rank in each column is one."""
    wires = {}
    for column in range(side):
        period = (side + 1) ** column
        for rank in range(side):
            bits = sum(((1 << period) - 1) << (ones * period) for ones in range(side - rank, side + 1))
            length = period * (side + 1)
            while length < (side + 1) ** side:
                bits = sum(bits << (copy * length) for copy in range(side + 1))
                length *= side + 1
            wires[rank, column] = bits
    return wires


def majority(side: int) -> int:
    """In which states the median is one."""
    known: dict[tuple[int, int], int] = {}

    def at_least(columns: int, ones: int) -> int:
        if columns == 0:
            return int(ones <= 0)
        key = (columns, max(ones, 0))
        if key not in known:
            parts = (
                at_least(columns - 1, key[1] - more) << (more * (side + 1) ** (columns - 1)) for more in range(side + 1)
            )
            known[key] = sum(parts)
        return known[key]

    return at_least(side, (side * side + 1) // 2)


def merge_exchange(count: int) -> list[tuple[int, int]]:
    """Batcher's network."""
    steps, size = [], 1
    while size < count:
        step = size
        while step >= 1:
            for first in range(step % size, count - step, 2 * step):
                for a in range(first, first + min(step, count - first - step)):
                    if a // (2 * size) == (a + step) // (2 * size):
                        steps.append((a, a + step))
            step //= 2
        size *= 2
    return steps


def network(side: int) -> tuple[list[Step], Wire]:
    """The median of sorted columns: sort the rows, then sort what can still be it, in the order that takes least."""
    random.seed(1)
    wanted, rows = majority(side), states(side)
    first = _run(rows, [((i, a), (i, b)) for i in range(side) for a, b in COLUMNS[side]])
    middle = (side * side + 1) // 2
    # With rows and columns in order (i + 1)(j + 1) samples are no larger, and as many from the other end no smaller.
    left = [
        (i, j)
        for i in range(side)
        for j in range(side)
        if (i + 1) * (j + 1) <= middle and (side - i) * (side - j) <= middle
    ]
    best: tuple[int, list[Step], list[Wire], Wire] | None = None
    for trial in range(TRIALS[side]):
        if best and trial % 3 == 0:
            order = list(best[2])
            for _ in range(random.randint(1, 3)):
                a, b = random.sample(range(len(order)), 2)
                order[a], order[b] = order[b], order[a]
        else:
            spread = (0.6, 1.5)[trial % 2]
            order = sorted(left, key=lambda wire: sum(wire) + random.uniform(-spread, spread))
        wires = dict(rows)
        steps = first + _run(wires, [(order[a], order[b]) for a, b in merge_exchange(len(order))])
        result = next((wire for wire in order if wires[wire] == wanted), None)
        if result is None:
            continue
        needed = _needed(steps, result)
        cost = sum(1 + (keep == 3) for _, _, keep in needed)
        if best is None or cost < best[0]:
            best = (cost, needed, order, result)
    assert best is not None
    print(f"{side} x {side}: {best[0]} comparisons")
    return best[1], best[3]


def _run(wires: dict[Wire, int], steps: list[tuple[Wire, Wire]]) -> list[tuple[Wire, Wire]]:
    done = []
    for a, b in steps:
        least, largest = wires[a] & wires[b], wires[a] | wires[b]
        if least != wires[a]:
            wires[a], wires[b] = least, largest
            done.append((a, b))
    return done


def _needed(steps: list[tuple[Wire, Wire]], result: Wire) -> list[Step]:
    read, needed = {result}, []
    for a, b in reversed(steps):
        keep = (a in read) + 2 * (b in read)
        if keep:
            needed.append((a, b, keep))
            read |= {a, b}
    return needed[::-1]


HEAD = """\
// Networks that sort the columns of a square neighbourhood and find the median of what comes out; made by
// rank_networks.py, which also proves them: for every number of ones in each column the result is right.
#pragma once

#include "core/host_device.h"

namespace px::inline PX_TARGET {

// Of wires a and b, in order afterwards, those that are read later: a (1), b (2) or both (3).
struct NetworkStep {
  unsigned char a, b, keep;
};

// Wire r * side + c is the sample of rank r in column c.
template <int Side>
struct Networks;
"""


def main() -> None:
    text = HEAD
    for side, columns in COLUMNS.items():
        steps, (row, column) = network(side)
        sort = ", ".join(f"{{{a}, {b}, 3}}" for a, b in columns)
        rest = ", ".join(f"{{{a[0] * side + a[1]}, {b[0] * side + b[1]}, {keep}}}" for a, b, keep in steps)
        text += f"\ntemplate <>\nstruct Networks<{side}> {{\n  static constexpr NetworkStep columns[] = {{{sort}}};\n"
        text += f"  static constexpr NetworkStep median[] = {{{rest}}};\n"
        text += f"  static constexpr int result = {row * side + column};\n}};\n"
    Path(__file__).with_suffix(".h").write_text(text + "\n}  // namespace px::inline PX_TARGET\n")


if __name__ == "__main__":
    main()
