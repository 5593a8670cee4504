"""Addresses of the console's pages about money."""

from django.urls import path

from payments.console import bills, days, invoices, money, shifts, shops, stays, views, waiting

app_name = "money"
urlpatterns = [
    path("payments", views.payments, name="payments"),
    path("shops", shops.shops, name="shops"),
    path("shops/settlement.csv", shops.shops_csv, name="shops-csv"),
    path("shops/<int:pk>", shops.shop, name="shop"),
    path("shops/<int:pk>/settlement.csv", shops.shop_csv, name="shop-csv"),
    path("shops/<int:pk>/coupons", shops.hand_out, name="shop-hand-out"),
    path("shops/<int:pk>/coupons/<slug:press>", shops.shop_codes, name="shop-codes"),
    path("shops/<int:pk>/coupons/<int:coupon_pk>/revoke", shops.take_back, name="shop-take-back"),
    path("bills", bills.bills, name="bills"),
    path("bills/<int:pk>", bills.bill, name="bill"),
    path("bills/<int:pk>/repeat", bills.repeat, name="repeat-bill"),
    path("days", days.days, name="days"),
    path("days/operators/<int:pk>/<slug:day>", days.operator_day, name="operator-day"),
    path("days/<slug:slug>/<slug:day>", days.day, name="day"),
    path("days/<slug:slug>/<slug:day>/close", days.close, name="close-day"),
    path("days/<slug:slug>/<slug:day>/reopen", days.reopen, name="reopen-day"),
    path("days/<slug:slug>/<slug:day>/print", days.printed, name="print-day"),
    path("days/<slug:slug>/<slug:day>/table.csv", days.as_csv, name="day-csv"),
    path("payments/<int:pk>", money.payment, name="payment"),
    path("payments/<int:pk>/<slug:act>", money.payment_act, name="payment-act"),
    path("stays/<int:pk>", stays.stay, name="stay"),
    path("stays/<int:pk>/<slug:act>", stays.stay_act, name="stay-act"),
    path("shifts", shifts.shifts, name="shifts"),
    path("shifts/open", shifts.open_shift, name="open-shift"),
    path("shifts/<int:pk>", shifts.shift, name="shift"),
    path("shifts/<int:pk>/close", shifts.close_shift, name="close-shift"),
    path("tasks", waiting.tasks, name="tasks"),
    path("discrepancies/<int:pk>/resolve", waiting.resolve, name="resolve"),
    path("invoices", invoices.invoices, name="invoices"),
    path("invoices/<int:pk>", invoices.invoice, name="invoice"),
    path("invoices/<int:pk>/take", invoices.take, name="take-invoice"),
    path("invoices/<int:pk>/issued", invoices.issued, name="invoice-issued"),
    path("invoices/<int:pk>/reject", invoices.reject, name="reject-invoice"),
    path("red-letters/<int:pk>", invoices.red_letter, name="red-letter"),
]
