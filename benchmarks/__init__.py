"""Measures what a request costs, relative to floors on the same machine: see README.md in this folder.

python -m benchmarks                   both databases, 10^5 and 10^6 sessions: about ten minutes
BENCH_QUICK=1 python -m benchmarks     smoke test of about a minute; its figures mean nothing
"""
