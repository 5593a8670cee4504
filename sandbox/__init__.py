"""The sandbox (沙箱): a process of its own that plays a payment channel with a cashier, for demo and tests.

It shares no code with the product, so that a fault in the client cannot hide behind the same fault in
the channel. Beside a small protocol of its own, which needs the standard library only, it speaks those of
the real channels, written after their documents. It moves no money.
"""
