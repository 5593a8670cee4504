"""A tariff through the fields of the console's form, as a browser would send them."""

from django.http import QueryDict

from console.tariff_form import document_of_form, fields_of


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
