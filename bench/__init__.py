"""Measures Heliu against limits, naive ways and other engines: `make bench`. Figures go to var/bench.json and docs/benchmarks.md.

Nothing here is imported by the product. Every ratio compares what ran in turns within one run on one machine.
"""
