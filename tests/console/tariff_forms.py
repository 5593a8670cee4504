"""A tariff through the fields of the console's form, as a browser would send them."""

from django.http import QueryDict

from console.tariff_form import acted, document_of_form, fields_of


def sent(nodes, data=None):  # noqa: C901 - one kind of field after another
    """Return what a browser sends of bound fields."""
    data = QueryDict("form=1", mutable=True) if data is None else data
    for node in nodes:
        kind, name = node.get("kind"), node.get("name", "")
        if kind == "rows":
            for row in node["rows"]:
                data[f"row:{row['name']}"] = "1"
                sent(row["nodes"], data)
        elif kind in ("way", "differs"):
            chosen = [value for value, _, is_chosen in node.get("choices", []) if is_chosen]
            data[name] = node.get("how") or (chosen or [node["choices"][0][0]])[0]
            sent(node["nodes"], data)
        elif kind == "group":
            if node["present"]:
                data[f"has:{name}"] = "1"
            sent(node["nodes"], data)
        elif kind == "choices":
            if node["asks"]:
                data[f"asked:{name}"] = "1"
            data.setlist(name, [value for value, _, is_chosen in node["choices"] if is_chosen])
        elif kind == "flag":
            data.update({name: "1"} if node["checked"] else {})
        elif kind == "question":
            data.setlist(name, [value for value, _, is_chosen in node["choices"] if is_chosen])
        elif kind is None:
            sent(node["nodes"], data)
        else:
            data[name] = node["value"]
    return data


def through_form(document):
    return document_of_form(sent(fields_of(document, {})))


def lists(nodes):
    """Yield each list that bound fields show, with the number of its rows."""
    for node in nodes:
        if node.get("kind") == "rows":
            yield node["name"], len(node["rows"])
            for row in node["rows"]:
                yield from lists(row["nodes"])
        else:
            yield from lists(node.get("nodes", ()))


def controls(nodes):
    """Yield the name of each control that a page without scripts shows for bound fields."""
    for node in nodes:
        kind = node.get("kind")
        if kind == "rows":
            for row in node["rows"]:
                yield from controls(row["nodes"])
            continue
        if kind == "group" and node["optional"]:
            yield f"has:{node['name']}"
        if kind not in ("group", None):
            yield node["name"]
        yield from controls(node.get("nodes", ()))


def typed_without_scripts(wanted, document, *, pages=40):
    """Return what a person types from one document to another who only has what each page shows.

    On each page all controls shown are filled in, and one row is added or taken out by its button.
    """
    goal, rows_wanted = fields_of(wanted, {}), dict(lists(fields_of(wanted, {})))
    values = sent(goal)
    for _ in range(pages):
        nodes = fields_of(document, {})
        data = sent(nodes)
        for name in controls(nodes):
            data.setlist(name, values.getlist(name))
        document = document_of_form(data)
        act = next(_row_acts(rows_wanted, dict(lists(fields_of(document, {})))), "")
        if act:
            document = acted(document, act)
        elif sent(fields_of(document, {})) == values:
            break
    return document


def _row_acts(wanted, rows):
    for name, count in rows.items():
        if count < wanted.get(name, 0):
            yield f"add:{name}"
        elif count > wanted.get(name, 0):
            yield f"remove:{name}[{count - 1}]"
