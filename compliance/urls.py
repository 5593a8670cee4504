"""The driver's page about rights, behind a receipt code."""

from compliance.rights_page import rights_page
from payments.driver.urls import localised

app_name = "rights"
urlpatterns = localised("r/data", rights_page, "page")
