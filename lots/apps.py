from django.apps import AppConfig


class Config(AppConfig):
    name = "lots"
    JOBS = ("lots.lot_jobs",)
