"""Addresses of the console's pages on compliance."""

from django.urls import path

from compliance.console import audit, data, erasure, notices, papers, views

app_name = "duties"
urlpatterns = [
    path("rights", views.requests, name="rights"),
    path("rights/<int:pk>/answer", views.answer, name="answer-right"),
    path("compliance/data", data.data, name="data"),
    path("compliance/erasures", erasure.erasures, name="erasures"),
    path("compliance/erasures/<slug:slug>/now", erasure.erase_now, name="erase-now"),
    path("compliance/notices", notices.notices, name="notices"),
    path("compliance/notices/<int:pk>", notices.notice, name="notice"),
    path("compliance/papers", papers.papers, name="papers"),
    path("compliance/papers/<int:pk>.pdf", papers.make, name="make-papers"),
    path("compliance/audit", audit.audit, name="audit"),
    path("compliance/audit.csv", audit.audit_csv, name="audit-csv"),
]
