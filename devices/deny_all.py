"""Deny by default: an API view without its own permission classes refuses every request."""

from typing import Any

from rest_framework.permissions import BasePermission


class DenyAll(BasePermission):
    def has_permission(self, *_: Any) -> bool:
        return False
