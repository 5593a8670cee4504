"""The language of a page stands at the end of its path, so no cookie has to remember it."""

from collections.abc import Callable

from django.http import HttpResponseBase
from django.urls import URLPattern, path, register_converter

PATHS = {"": "zh-hans", "hant": "zh-hant", "en": "en"}
SUFFIXES = {code: f"/{ending}" if ending else "" for ending, code in PATHS.items()}
TAGS = {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant", "en": "en"}
NAMES = {"zh-hans": "简体", "zh-hant": "繁體", "en": "English"}


class LanguageConverter:
    """The last part of a path that chooses a language; its absence means simplified Chinese."""

    regex = "hant|en"

    def to_python(self, value: str) -> str:
        return PATHS[value]

    def to_url(self, value: str) -> str:
        return SUFFIXES[value].removeprefix("/")


register_converter(LanguageConverter, "language")


def localised(route: str, view: Callable[..., HttpResponseBase], name: str) -> list[URLPattern]:
    """Return the routes of one page: the default language, and one with the language as last part."""
    return [path(route, view, name=name), path(f"{route}/<language:language>", view, name=name)]
