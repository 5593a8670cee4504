"""Find texts that lack Chinese, and Chinese on console pages that is not translated.

    python -m tools.console_texts

prints what still lacks Chinese, ready to be pasted into locale/zh_Hans/LC_MESSAGES/django.po (members/ has a
catalogue of its own), what the catalogues hold and no page uses, and every Chinese text of the console that
no translation call sees. Message ids are English: docs/decisions/019.
"""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import allauth
import django
from django.template.base import Lexer, TokenType
from django.utils.translation import trim_whitespace

from tools.machine import ROOT

type Text = tuple[str, str]  # context, or nothing, and message id

CHINESE = re.compile(r"[\u3001-\u3003\u3008-\u3011\u4e00-\u9fff\uff00-\uffef]")
CATALOGUES = ("locale", "members/locale")
CONSOLE_TEMPLATES = ("console", "account", "allauth", "mfa")
NOT_SERVED = {"tests", "tools", "sandbox", "simulator", "benchmarks"}
ITS_OWN = {  # Chinese that is not a message: by module name, or a template and the text
    "templates/console/_account.html:中文",  # the button that leads back
    "templates/console/setup/cut_over.html:沪A12345,2026-11-26 08:05",  # rows of a file
    "templates/console/setup/cut_over.html:沪B22222,2026/11/26 8:05:33",
}
WITH_CONTEXT = {"pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"}
MESSAGES = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", *WITH_CONTEXT}
# Whose texts no driver and no member sees. Not models: their purposes and choices are on public pages too.
OF_STAFF = (
    *("console/", "staff/", "monitoring/", "lots/setup/", "lots/systems/", "members/console/"),
    *(
        "presentation/ambiguity_sentences.py",
        "presentation/tariff_faults.py",
        "payments/system_comparison.py",
    ),
    *(f"templates/{name}/" for name in (*CONSOLE_TEMPLATES, "members/console")),
)
PUBLIC = {"monitoring/payment_speed.py", "staff/django_tables.py"}  # the rest of these is not
STRING = r"""(?:"([^"]*)"|'([^']*)')"""
TRANSLATE = re.compile(rf"translate\s+{STRING}(?:\s+context\s+{STRING})?")
CONTEXT = re.compile(rf"\scontext\s+{STRING}")
CONSTANT = re.compile(rf"_\({STRING}\)")


def templates(*names: str) -> list[Path]:
    folders = [ROOT / "templates" / name for name in names] or [ROOT / "templates"]
    return sorted(
        path for folder in folders for kind in ("html", "txt") for path in folder.rglob(f"*.{kind}")
    )


def modules() -> list[Path]:
    folders = (path.parent for path in ROOT.glob("*/__init__.py") if path.parent.name not in NOT_SERVED)
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def shown_modules() -> list[Path]:
    """Return the modules in which every text is shown to staff."""
    inside = [path for path in modules() if {"console", "reports"} & set(path.relative_to(ROOT).parts[:-1])]
    menu = ROOT / "config" / "menu.py"
    return [path for path in inside if "members" not in path.parts] + [menu] * menu.exists()


def of_template(source: str) -> tuple[set[Text], list[str]]:
    """Return the messages of a template, and the Chinese texts that are not translated."""
    marked: set[Text] = set()
    bare: list[str] = []
    message: list[str] | None = None
    trimmed, context = False, ""
    for token in Lexer(source).tokenize():
        written = token.contents
        if token.token_type is TokenType.BLOCK and written.startswith("blocktranslate"):
            message, trimmed, context = [], "trimmed" in written.split(), _context(written)
            marked |= _constants(written)
        elif message is not None and token.token_type is TokenType.BLOCK:
            text = "".join(message)
            if message:
                marked.add((context, trim_whitespace(text) if trimmed else text))
            message = None  # the plural is found by its singular
        elif message is not None:
            message.append(
                f"%({written})s" if token.token_type is TokenType.VAR else written.replace("%", "%%")
            )
        elif token.token_type is not TokenType.COMMENT:
            if token.token_type is TokenType.BLOCK:
                for found in TRANSLATE.findall(written):
                    marked.add((found[2] or found[3], (found[0] or found[1]).replace("%", "%%")))
            marked |= _constants(written)
            left = CONSTANT.sub("", TRANSLATE.sub("", written))
            bare += [part.strip() for part in re.split(r'[<>"\n]', left) if CHINESE.search(part)]
    return marked, bare


def _context(tag: str) -> str:
    found = CONTEXT.search(tag)
    return (found[1] or found[2]) if found else ""


def _constants(tag: str) -> set[Text]:
    return {("", one or other) for one, other in CONSTANT.findall(tag)}


def of_module(source: str) -> tuple[set[Text], list[str]]:
    """Return the messages of a module, and the Chinese texts that are not translated."""
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node.func) in MESSAGES]
    calls = [call for call in calls if not names or _name(call.func) in names or _is_attribute(call.func)]
    marked = {message for call in calls if (message := _message(call))}
    seen = {id(text) for call in calls for text in _texts(call)}
    notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return marked, [str(text.value) for text in _texts(tree) if id(text) not in seen | notes]


def _message(call: ast.Call) -> Text | None:
    """Return the context and the text of a call for a translation; None where they are not written out."""
    words = [str(one.value) for one in call.args if isinstance(one, ast.Constant)]
    has_context = _name(call.func) in WITH_CONTEXT
    if len(words) < 1 + has_context:
        return None
    return (words[0], words[1]) if has_context else ("", words[0])


def _texts(node: ast.AST) -> Iterator[ast.Constant]:
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and CHINESE.search(one.value):
            yield one


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _is_attribute(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute)


@cache
def marked(*, is_public: bool = False) -> set[Text]:
    """Return every message of the code; `is_public`: those that others than staff may see."""
    found: set[Text] = set()
    for paths, read in ((templates(), of_template), (modules(), of_module)):
        for path in paths:
            if not (is_public and _is_of_staff(path)):
                found |= read(path.read_text(encoding="utf-8"))[0]
    return found


def _is_of_staff(path: Path) -> bool:
    name = path.relative_to(ROOT).as_posix()
    is_command = "/management/" in name or "/migrations/" in name
    return (name.startswith(OF_STAFF) or is_command) and "models" not in name and name not in PUBLIC


def bare() -> list[str]:
    """Return every Chinese text of a console page that stays Chinese in English, with its file."""
    found = []
    for paths, read in ((templates(*CONSOLE_TEMPLATES), of_template), (shown_modules(), of_module)):
        for path in paths:
            name = str(path.relative_to(ROOT))
            found += [f"{name}:{text}" for text in read(path.read_text(encoding="utf-8"))[1]]
    return [
        text for text in found if text not in ITS_OWN and Path(text.partition(":")[0]).name not in ITS_OWN
    ]


def known(language: str) -> dict[Text, str]:
    """Return the messages that our catalogues have in a language, as they read there."""
    paths = [ROOT / folder / language / "LC_MESSAGES" / "django.po" for folder in CATALOGUES]
    found: dict[Text, str] = {}
    for path in filter(Path.exists, paths):
        found |= catalogue(path.read_text(encoding="utf-8"))
    return found


def missing() -> set[Text]:
    """Return the messages without Chinese."""
    return {text for text in marked() - known("zh_Hans").keys() if text[1].strip()}


def left_over() -> set[Text]:
    """Return the messages of the Chinese catalogues that neither a file, Django nor allauth has.

    Also what only staff see in the traditional ones: the console has no traditional Chinese.
    """
    unused = known("zh_Hans").keys() - marked() | known("zh_Hant").keys() - marked(is_public=True)
    return unused - of_packages()


def of_packages() -> set[Text]:
    """Return Django's and allauth's own messages: some have Chinese of ours, such as the faults of forms."""
    folders = (Path(django.__file__).parent / "conf", Path(allauth.__file__).parent)
    files = [folder / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po" for folder in folders]
    return {text for file in files for text in catalogue(file.read_text(encoding="utf-8"))}


def catalogue(source: str) -> dict[Text, str]:
    """Return what a .po file has, by context and message id; entries with a plural by their first form."""
    found = {}
    for entry in source.split("\n\n"):
        lines = [line for line in entry.splitlines() if not line.startswith("#")]
        parts = re.split(r"^(msg\w+(?:\[\d\])?) ", "\n".join(lines), flags=re.MULTILINE)[1:]
        fields = dict(zip(parts[::2], (_unquoted(text) for text in parts[1::2]), strict=True))
        if fields.get("msgid"):
            key = (fields.get("msgctxt", ""), fields["msgid"])
            found[key] = fields.get("msgstr", fields.get("msgstr[0]", ""))
    return found


def _unquoted(text: str) -> str:
    return "".join(str(ast.literal_eval(line)) for line in text.splitlines() if line.strip())


def entry(text: Text, chinese: str = "") -> str:
    """Return the entry of a .po file for a message."""
    form = "#, python-format\n" if re.search(r"%\(\w+\)s", text[1]) else ""
    context = f"msgctxt {_quoted(text[0])}\n" if text[0] else ""
    return f"{form}{context}msgid {_quoted(text[1])}\nmsgstr {_quoted(chinese)}\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def main() -> int:
    lacking = [entry(text) for text in sorted(missing())]
    unused = [f"Not used: {text[1]}\n" for text in sorted(left_over())]
    left = [f"Not translated: {text}\n" for text in bare()]
    sys.stdout.write("\n".join(lacking) + "".join(unused + left))
    return 1 if lacking or unused or left else 0


if __name__ == "__main__":
    sys.exit(main())
