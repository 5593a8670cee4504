"""What templates read of a value exists in the code: Django shows nothing for a name that is gone."""

import re

from django.conf import settings

from tests.test_imports import PACKAGES

# Of Django's own objects (forms, pages, loops) and of allauth's.
OF_FRAMEWORKS = {
    "auto_id",
    "choice_label",
    "counter",
    "credential",
    "forloop",
    "get_unused_codes",
    "has_next",
    "has_other_pages",
    "has_previous",
    "hidden_fields",
    "html_name",
    "id_for_label",
    "is_hidden",
    "label_tag",
    "next_page_number",
    "num_pages",
    "oldpassword",
    "parentloop",
    "password2",
    "passwordless",
    "previous_page_number",
    "use_fieldset",
    "visible_fields",
    "widget_type",
}


def names_read(text: str) -> set[str]:
    """Return the names after a dot in a template's variables and tags."""
    code = re.sub(r"\"[^\"]*\"|'[^']*'", "", " ".join(re.findall(r"\{[{%].*?[%}]\}", text, re.DOTALL)))
    dotted = re.findall(r"[A-Za-z_]\w*((?:\.\w+)+)", code)
    return {name for path in dotted for name in path.split(".") if name and not name.isdigit()}


def test_names_in_templates_exist():
    folders = [settings.BASE_DIR / name for name in (*PACKAGES, "members")]
    sources = [path.read_text(encoding="utf-8") for folder in folders for path in folder.rglob("*.py")]
    known = set(re.findall(r"\w+", " ".join(sources))) | OF_FRAMEWORKS
    templates = list((settings.BASE_DIR / "templates").rglob("*.html"))
    assert len(templates) > 100
    gone = {
        f"{path.name}: {name}"
        for path in templates
        for name in names_read(path.read_text(encoding="utf-8"))
        if not {name, re.sub(r"^get_(\w+)_display$|^(\w+)_id$", r"\1\2", name)} & known
    }
    assert gone == set()


def test_gone_name_is_read():
    assert names_read('{{ row.gone|date:"m.d" }} {% if a.b.0 %}x.y{% endif %}') == {"gone", "b"}
