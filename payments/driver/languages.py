"""The language of a page stands at the end of its path, so no cookie has to remember it."""

PATHS = {"": "zh-hans", "hant": "zh-hant", "en": "en"}
SUFFIXES = {code: f"/{path}" if path else "" for path, code in PATHS.items()}
TAGS = {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant", "en": "en"}
NAMES = {"zh-hans": "简体", "zh-hant": "繁體", "en": "English"}


class LanguageConverter:
    """The last part of a path that chooses a language; its absence means simplified Chinese."""

    regex = "hant|en"

    def to_python(self, value: str) -> str:
        return PATHS[value]

    def to_url(self, value: str) -> str:
        return SUFFIXES[value].removeprefix("/")
