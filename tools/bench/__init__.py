"""What a request costs, against the floor of the same machine in the same minutes: `make bench`.

    python -m tools.bench            both databases, 10^5 and 10^6 stays: about ten minutes
    BENCH_QUICK=1 python -m tools.bench     a smoke run of about a minute; its figures mean nothing

Machines differ and are shared, so the figures to read are ratios: product and floor run in turn, in shuffled
order, and each ratio is taken within its round. Nothing in the product knows that it is being measured.
"""
