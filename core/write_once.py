"""Rows that are made once and never changed."""

from typing import Any

from django.db import models


class AddedOnly(models.Model):
    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        assert self._state.adding, "append-only"
        super().save(*args, **kwargs)
