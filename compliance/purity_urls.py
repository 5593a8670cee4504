"""Public addresses on purity."""

from django.urls import path

from compliance import public

app_name = "purity-public"
urlpatterns = [
    path(".well-known/pure-code.json", public.well_known, name="declaration"),
    path("operator/<str:operator>", public.operator_page, name="operator"),
    path("operator/<str:operator>/<language:language>", public.operator_page, name="operator"),
]
