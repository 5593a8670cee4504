from django.apps import AppConfig


class Config(AppConfig):
    name = "console"
    JOBS = ("console.background_kinds",)  # what the worker does for pages
