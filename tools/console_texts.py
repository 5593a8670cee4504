"""Find the console's texts: what is marked for translation, and what is Chinese and is not.

    python -m tools.console_texts

prints what still lacks English, ready to be pasted into locale/console/en/LC_MESSAGES/django.po, and every
Chinese text that no translation call sees. Why the texts stand in Chinese in the source: docs/decisions/019.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from django.template.base import Lexer, TokenType
from django.utils.translation import trim_whitespace

from tools.machine import ROOT

CHINESE = re.compile(r"[\u3001-\u3003\u3008-\u3011\u4e00-\u9fff\uff00-\uffef]")
CATALOGUE = ROOT / "locale" / "console" / "en" / "LC_MESSAGES" / "django.po"
DRIVERS = ROOT / "locale" / "en" / "LC_MESSAGES" / "django.po"  # English in the source, some with a 沪
TEMPLATES = ("console", "account", "allauth")
APPS = (
    "config",
    "core",
    "lots",
    "payments",
    "staff",
    "compliance",
    "monitoring",
    "presentation",
    "driver",
    "devices",
    "console",
    "selfcheck",
)
SHOWN = (*(f"{app}/console" for app in APPS), "payments/reports", "console/menu.py")  # every text is staff's
ITS_OWN = {
    "console/tariff_faults.py",  # says in Chinese what the rules say in English
    "staff/report_mailings/sending.py",  # a mail is written when nobody is there who chose a language
    "templates/console/base.html:中文",  # the button that leads back
}
CALLS = {
    "_",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
}
TRANSLATE = re.compile(r"""translate\s+(?:"([^"]*)"|'([^']*)')""")
CONSTANT = re.compile(r"""_\((?:"([^"]*)"|'([^']*)')\)""")


def templates() -> list[Path]:
    return sorted(path for name in TEMPLATES for path in (ROOT / "templates" / name).rglob("*.html"))


def modules() -> list[Path]:
    return sorted(path for app in APPS for path in (ROOT / app).rglob("*.py"))


def shown_modules() -> list[Path]:
    found = (path for place in SHOWN for path in ROOT.glob(place))
    return sorted(one for path in found for one in (path.rglob("*.py") if path.is_dir() else [path]))


def of_template(source: str) -> tuple[set[str], list[str]]:
    """Return the texts of a template that are translated, and the Chinese ones that are not."""
    marked: set[str] = set()
    bare: list[str] = []
    message: list[str] | None = None
    trimmed = False
    for token in Lexer(source).tokenize():
        said = token.contents
        if token.token_type is TokenType.BLOCK and said.startswith("blocktranslate"):
            message, trimmed = [], "trimmed" in said.split()
            marked |= _constants(said)
        elif message is not None and token.token_type is TokenType.BLOCK:
            text = "".join(message)
            marked.add(trim_whitespace(text) if trimmed else text)
            message = [] if said.startswith("plural") else None
        elif message is not None:
            message.append(f"%({said})s" if token.token_type is TokenType.VAR else said.replace("%", "%%"))
        else:
            found = {one or other for one, other in TRANSLATE.findall(said)} | _constants(said)
            marked |= found
            left = CONSTANT.sub("", TRANSLATE.sub("", said))
            if token.token_type is not TokenType.COMMENT:
                bare += [part.strip() for part in re.split(r'[<>"\n]', left) if CHINESE.search(part)]
    return {text for text in marked if CHINESE.search(text)}, bare


def _constants(said: str) -> set[str]:
    return {one or other for one, other in CONSTANT.findall(said)}


def of_module(source: str) -> tuple[set[str], list[str]]:
    """Return the texts of a module that are translated, and the Chinese ones that are not."""
    tree = ast.parse(source)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node.func) in CALLS]
    marked = [text for call in calls for text in _texts(call)]
    seen = {id(text) for text in marked}
    notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    bare = [str(text.value) for text in _texts(tree) if id(text) not in seen | notes]
    return {str(text.value) for text in marked}, bare


def _texts(node: ast.AST) -> Iterator[ast.Constant]:
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and CHINESE.search(one.value):
            yield one


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def marked() -> dict[str, str]:
    """Return every text of the console that is translated, with the file where it stands first."""
    found: dict[str, str] = {}
    drivers = catalogue(DRIVERS.read_text(encoding="utf-8"))
    for paths, read in ((templates(), of_template), (modules(), of_module)):
        for path in paths:
            for text in sorted(read(path.read_text(encoding="utf-8"))[0]):
                found.setdefault(text, str(path.relative_to(ROOT)))
    return {text: file for text, file in found.items() if text not in drivers}


def bare() -> list[str]:
    """Return every Chinese text of a console page that stays Chinese in English, with its file."""
    found = []
    for paths, read in ((templates(), of_template), (shown_modules(), of_module)):
        for path in paths:
            name = str(path.relative_to(ROOT))
            found += [f"{name}:{text}" for text in read(path.read_text(encoding="utf-8"))[1]]
    return [text for text in found if text not in ITS_OWN and text.partition(":")[0] not in ITS_OWN]


def catalogue(source: str) -> dict[str, str]:
    """Return what a .po file says in English, by its Chinese; entries with a plural by their first form."""
    found = {}
    for entry in source.split("\n\n"):
        lines = [line for line in entry.splitlines() if not line.startswith("#")]
        parts = re.split(r"^(msg\w+(?:\[\d\])?) ", "\n".join(lines), flags=re.MULTILINE)[1:]
        said = dict(zip(parts[::2], (_unquoted(text) for text in parts[1::2]), strict=True))
        if said.get("msgid"):
            found[said["msgid"]] = said.get("msgstr", said.get("msgstr[1]", ""))
    return found


def _unquoted(text: str) -> str:
    return "".join(str(ast.literal_eval(line)) for line in text.splitlines() if line.strip())


def entry(text: str, file: str, english: str = "") -> str:
    """Return the entry of a .po file for a text."""
    form = "#, python-format\n" if re.search(r"%\(\w+\)s", text) else ""
    return f"#: {file}\n{form}msgid {_quoted(text)}\nmsgstr {_quoted(english)}\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def main() -> int:
    known = catalogue(CATALOGUE.read_text(encoding="utf-8"))
    missing = [entry(text, file) for text, file in marked().items() if not known.get(text)]
    left = bare()
    sys.stdout.write("\n".join(missing) + "".join(f"Not translated: {text}\n" for text in left))
    return 1 if missing or left else 0


if __name__ == "__main__":
    sys.exit(main())
