"""Simulates WeChat Pay v3 (微信支付): signatures, orders, refunds, notices, bill and cashier.

Written from WeChat Pay's documentation, not from the product's client. It is less strict where a demo needs
it: notices may go to plain HTTP, today's bill is available today, and the payer is always the same invented
person.
"""
