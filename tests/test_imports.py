"""No two modules import each other, directly or round a circle; what type checkers alone read is left out.

What tests of tariffs share stands in modules that are no tests.
"""

import ast
from graphlib import CycleError, TopologicalSorter

import grimp
import pytest
from django.conf import settings

PACKAGES = (
    "benchmarks",
    "compliance",
    "config",
    "console",
    "core",
    "devices",
    "driver",
    "lots",
    "monitoring",
    "payments",
    "presentation",
    "sandbox",
    "selfcheck",
    "simulator",
    "staff",
    "tools",
)


def circle_of(graph):
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return error.args[1]
    return None


def test_no_import_circle():
    extra = ("members",) if (settings.BASE_DIR / "members").is_dir() else ()
    graph = grimp.build_graph(*PACKAGES, *extra, exclude_type_checking_imports=True, cache_dir=None)
    assert len(graph.modules) > 500
    assert circle_of(graph) is None


@pytest.mark.parametrize("length", [2, 3])
def test_circle_is_found(length):
    graph = grimp.ImportGraph()
    for number in range(length):
        graph.add_import(importer=f"a{number}", imported=f"a{(number + 1) % length}")
    assert len(circle_of(graph)) == length + 1


def test_no_test_of_tariffs_is_imported():
    importing = [
        (path.name, node.module)
        for path in (settings.BASE_DIR / "tests").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        if any(f"{node.module}.{name.name}".startswith("tests.lots.tariffs.test_") for name in node.names)
    ]
    assert importing == []
