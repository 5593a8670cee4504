"""Deny by default: an API view that does not say who may call it lets nobody in."""

from typing import Any

from rest_framework.permissions import BasePermission


class DenyAll(BasePermission):
    def has_permission(self, *_: Any) -> bool:
        return False
