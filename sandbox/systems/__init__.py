"""Simulated parking systems of other vendors, each speaking its own protocol, for demo and tests.

They check signatures as the vendor does and produce faults on demand. One file a vendor:

    python -m sandbox.systems aike --port 8190
"""
