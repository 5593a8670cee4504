"""Names that carry a number are listed as people count."""

from types import SimpleNamespace

from console.natural_order import in_order


def test_numbers_in_names_are_counted():
    names = ["东出口 10", "东出口", "东出口 2", "10 号库", "9 号库", "西入口", "东出口 2 左"]
    rows = [SimpleNamespace(name=name) for name in names]
    assert [row.name for row in in_order(rows)] == [
        *("9 号库", "10 号库", "东出口", "东出口 2", "东出口 2 左", "东出口 10", "西入口"),
    ]


def test_equal_names_keep_their_order():
    rows = [SimpleNamespace(name="库 1", pk=pk) for pk in (3, 7)]
    assert [row.pk for row in in_order(rows)] == [3, 7]
