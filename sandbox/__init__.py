"""The sandbox (沙箱): a separate process that simulates payment channels with a cashier, for demo and tests.

It shares no code with the product, so that an error in the client cannot be masked by the same error in the
channel. Besides a small protocol of its own, which needs the standard library only, it implements the
protocols of WeChat Pay and Alipay from their documentation. It moves no money.
"""
