"""The benchmark suite: one list of cases, one adaptor per peer, everything timed in turn in one run.

``python -m bench`` measures, ``python -m bench.table`` renders, ``python -m bench.guard`` catches regressions,
``pytest bench`` runs the same cases under pytest-benchmark. bench/README.md says how to read the numbers.
"""
