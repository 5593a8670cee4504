"""Tables of the console. The head and the cell of a column are written together:

    {% table row in rows %}
      {% column _("Time") row %}{{ row.at|date:"m-d H:i" }}
      {% column _("Lot") "wide" cell="name" %}{{ row.lot.name }}
      {% column _("Amount (¥)") "number" alarm if row.is_late %}{{ row.amount_fen|yuan }}
    {% empty %}
      {% translate "None." %}
    {% endtable %}

Of a column: its label; classes of head and cells (`number`: right-aligned, `wide`: hidden on phones);
`row` for the header of its row; `cell=`: more classes of the cells; `NAME if CONDITION`: one more class where
that holds; `only=`: whether the column is shown at all. A head that is more than a label stands before
`{% cell %}`: {% column %}HEAD{% cell %}CELL. A table without labels has no head.
Of the table: `class=`, and `tr=` for the class of a row. On phones each row of a table with more than
`MOST_ON_PHONE` columns is a card, in which the cells name their columns.
`{% list_table page %}` shows a `console.lists.ListPage`.

In a `<dl>`, `{% fact _("Seller") %}TEXT{% endfact %}` is a term and its text, and `figure` the same as a tile
of `<dl class="figures">`. A second argument is the class of the text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.defaulttags import TemplateIfParser
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
MOST_ON_PHONE = 2  # columns that stand side by side there
OWN_LAYOUT = {"log", "words"}  # classes of tables that say themselves how they look on a phone


def render_table(
    heads: Iterable[tuple[str, str]],
    rows: Sequence[tuple[str, Iterable[tuple[str, str, str]]]],
    *,
    css: str = "",
    empty: str = "",
    foot: Iterable[tuple[str, str, str]] = (),
    labels: Sequence[str] = (),
) -> SafeString:
    """Return a table: heads as (class, text), rows as (class, cells), cells as (tag, class, text).

    `labels` are the heads in plain text, where they are more than that.
    """
    heads = list(heads)
    shown = [text for name, text in heads if "wide" not in name.split()]
    is_stacked = len(shown) > MOST_ON_PHONE and any(shown) and not OWN_LAYOUT & set(css.split())
    labels = list(labels or (strip_tags(text) for _name, text in heads)) if is_stacked else []
    css = f"{css} stack".strip() if is_stacked else css
    head = format_html_join("", '<th scope="col"{}>{}</th>', ((_class(each), text) for each, text in heads))
    body = format_html_join(
        "", "<tr{}>{}</tr>", ((_class(row_css), _cells(cells, labels)) for row_css, cells in rows)
    )
    if not rows and empty:
        body = format_html('<tr><td colspan="{}" class="empty">{}</td></tr>', len(heads), empty)
    totals = _cells(foot, labels)
    return format_html(
        "<table{}>{}<tbody>{}</tbody>{}</table>",
        _class(css),
        format_html("<thead><tr>{}</tr></thead>", head) if any(text for _css, text in heads) else "",
        body,
        format_html("<tfoot><tr>{}</tr></tfoot>", totals) if totals else "",
    )


def _cells(cells: Iterable[tuple[str, str, str]], labels: Sequence[str]) -> SafeString:
    return format_html_join(
        "",
        "<{}{}{}{}>{}</{}>",
        (
            (tag, mark_safe(' scope="row"') if tag == "th" else "", _label(label), _class(css), text, tag)
            for (tag, css, text), label in zip(cells, chain(labels, repeat("")), strict=False)
        ),
    )


def _label(label: str) -> SafeString:
    return format_html(' data-label="{}"', label) if label else mark_safe("")


def _class(css: str) -> SafeString:
    return format_html(' class="{}"', css) if css else mark_safe("")


def _rendered(nodes: NodeList, context: template.Context) -> SafeString:
    """Return what nodes render to, without blanks round it. They have escaped what they show."""
    return mark_safe(nodes.render(context).strip())  # noqa: S308


@dataclass
class ParsedColumn:
    """One column of a `{% table %}` as it was parsed."""

    label: FilterExpression | None = None
    css: str = ""
    is_header: bool = False
    more: FilterExpression | None = None
    only: FilterExpression | None = None
    flag: str = ""
    condition: Any = None
    head: NodeList | None = None
    cell: NodeList = field(default_factory=NodeList)

    def is_shown(self, context: template.Context) -> bool:
        return self.only is None or bool(self.only.resolve(context, ignore_failures=True))

    def head_of(self, context: template.Context) -> tuple[str, str]:
        if self.head is not None:
            return self.css, _rendered(self.head, context)
        return self.css, "" if self.label is None else self.label.resolve(context)

    def cell_of(self, context: template.Context) -> tuple[str, str, str]:
        css = [self.css]
        if self.more is not None:
            css.append(str(self.more.resolve(context) or ""))
        if self.condition is not None and self.condition.eval(context):
            css.append(self.flag)
        text = _rendered(self.cell, context)
        return "th" if self.is_header else "td", " ".join(filter(None, css)), text


class TableNode(template.Node):
    child_nodelists = ("empty",)

    def __init__(
        self,
        names: list[str],
        rows: FilterExpression,
        options: dict[str, FilterExpression],
        columns: list[ParsedColumn],
        empty: NodeList,
    ) -> None:
        self.names, self.rows, self.options, self.columns, self.empty = names, rows, options, columns, empty

    def render(self, context: template.Context) -> SafeString:
        columns = [column for column in self.columns if column.is_shown(context)]
        heads = [column.head_of(context) for column in columns]
        found = self.rows.resolve(context, ignore_failures=True) or ()
        rows = [self._row(context, columns, item) for item in found]
        css = self.options["class"].resolve(context) if "class" in self.options else ""
        return render_table(heads, rows, css=css, empty=_rendered(self.empty, context))

    def _row(
        self, context: template.Context, columns: list[ParsedColumn], item: Any
    ) -> tuple[str, list[tuple[str, str, str]]]:
        values = (item,) if len(self.names) == 1 else item
        with context.push(**dict(zip(self.names, values, strict=True))):
            css = str(self.options["tr"].resolve(context) or "") if "tr" in self.options else ""
            return css, [column.cell_of(context) for column in columns]


@register.simple_tag
def list_table(page: Any, empty: str = "") -> SafeString:
    """Show a `console.lists.ListPage`."""
    return page.as_table(empty)  # type: ignore[no-any-return]


@register.simple_block_tag
def fact(content: str, label: str, css: str = "") -> SafeString:
    """Return a term and its text. The text has escaped what it shows."""
    text = mark_safe(content.strip())  # noqa: S308
    return format_html("<div><dt>{}</dt><dd{}>{}</dd></div>", label, _class(css), text)


register.simple_block_tag(fact, name="figure")


@register.tag
def table(parser: Parser, token: Token) -> template.Node:
    _tag, *words = token.split_contents()
    if "in" not in words:
        raise template.TemplateSyntaxError("table: row in rows")
    at = words.index("in")
    names = [name.strip() for name in " ".join(words[:at]).split(",")]
    options = {
        name: parser.compile_filter(value)
        for name, _equals, value in (word.partition("=") for word in words[at + 2 :])
    }
    rows = parser.compile_filter(words[at + 1])
    parser.parse(("column",))  # blanks before the first column
    columns: list[ParsedColumn] = []
    empty = NodeList()
    token = parser.next_token()
    while token.contents != "endtable":
        if token.contents == "empty":
            empty = parser.parse(("endtable",))
        else:
            columns.append(_column(parser, token))
        token = parser.next_token()
    return TableNode(names, rows, options, columns, empty)


def _column(parser: Parser, token: Token) -> ParsedColumn:
    _tag, *words = token.split_contents()
    column = ParsedColumn()
    if "if" in words:
        at = words.index("if")
        column.flag = words[at - 1]
        column.condition = TemplateIfParser(parser, words[at + 1 :]).parse()
        words = words[: at - 1]
    for word in words:
        if word == "row":
            column.is_header = True
        elif word.startswith("cell="):
            column.more = parser.compile_filter(word.removeprefix("cell="))
        elif word.startswith("only="):
            column.only = parser.compile_filter(word.removeprefix("only="))
        elif word.startswith('"'):
            column.css = word.strip('"')
        elif column.label is None:
            column.label = parser.compile_filter(word)
        else:
            raise template.TemplateSyntaxError(f"column: {word}")
    ends = ("column", "empty", "endtable")
    found = parser.parse(("cell", *ends))
    token = parser.next_token()
    if token.contents == "cell":
        column.head, found = found, parser.parse(ends)
    else:
        parser.prepend_token(token)
    column.cell = found
    return column
