"""The sandbox (沙箱): a process of its own that plays a payment channel with a cashier, for demo and tests.

It uses nothing but the standard library and shares no code with the product, so that a fault in the
client cannot hide behind the same fault in the channel. It moves no money.
"""
