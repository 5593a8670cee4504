"""The sandbox as WeChat Pay v3 (微信支付): its signatures, orders, refunds, notices, bill and cashier.

Written after WeChat Pay's documents and not after the product's client. Where a demo could not live with
the real thing it is milder: notices may go to plain HTTP, today's bill can be had today, and any payer is
one and the same made-up person.
"""
