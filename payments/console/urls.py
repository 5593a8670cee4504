"""Addresses of the console's pages about money."""

from django.urls import path

from payments.console import shops, views

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
]
