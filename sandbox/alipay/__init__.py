"""The sandbox as Alipay (支付宝): its gateway, pages, refunds, notices and bill.

Written after Alipay's documents and not after the product's client. Where a demo could not live with the
real thing it is milder: notices may go to plain HTTP, and the buyer is one and the same made-up person.
"""
