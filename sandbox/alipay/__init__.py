"""Simulates Alipay (支付宝): gateway, pages, refunds, notices and bill.

Written from Alipay's documentation, not from the product's client. It is less strict where a demo needs it:
notices may go to plain HTTP, and the buyer is always the same invented person.
"""
