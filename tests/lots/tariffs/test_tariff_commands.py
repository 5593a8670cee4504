"""check_tariff and tariff_format, as an operator sees them in a terminal."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.factories import TARIFF, make_lot
from tests.lots.tariffs.published import AIRPORT, HONGQIAO


def run(*words):
    out, err = StringIO(), StringIO()
    call_command(*words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def written(tmp_path, data):
    file = tmp_path / "data.json"
    file.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return str(file)


def test_a_tariff_is_told_as_a_board_with_findings_and_examples(tmp_path):
    file = written(tmp_path, HONGQIAO)
    both = run("check_tariff", file)[0]
    chinese, english = (run("check_tariff", file, "--lang", lang)[0] for lang in ("zh", "en"))
    assert both == chinese + english
    assert "逐日递增的封顶是单日还是累计？" in chinese
    assert "Whether rising caps" not in chinese
    assert "First 2 hours: ¥10 per hour." in english
    assert "24 hours 1 minute  ¥70.00" in english
    assert "Whether rising caps are for each day or add up" in english


def test_each_class_with_a_rule_has_findings(tmp_path):
    assert "(Vehicles: large)" in run("check_tariff", written(tmp_path, AIRPORT), "--lang", "en")[0]


def test_a_tariff_of_nothing_has_no_findings(tmp_path):
    free = {**HONGQIAO, "steps": [{"until_min": None, "unit_min": 60, "price": 0}]}
    assert "没有发现两种理解。" in run("check_tariff", written(tmp_path, free), "--lang", "zh")[0]


def test_what_is_no_tariff_ends_with_code_1_and_says_where(tmp_path):
    with pytest.raises(CommandError, match="rounding: is missing") as refused:
        run("check_tariff", written(tmp_path, {key: HONGQIAO[key] for key in HONGQIAO if key != "rounding"}))
    assert refused.value.returncode == 1


@pytest.mark.django_db
def test_the_clock_may_be_that_of_a_lot(tmp_path):
    make_lot(slug="lot-a", zone="Asia/Hong_Kong")
    assert "¥70.00" in run("check_tariff", written(tmp_path, HONGQIAO), "--lot", "lot-a")[0]
    with pytest.raises(CommandError, match="no lot"):
        run("check_tariff", written(tmp_path, HONGQIAO), "--lot", "lot-b")


@pytest.mark.django_db
def test_the_tariff_in_force_is_written_and_what_is_lost_goes_to_stderr():
    lot = make_lot(slug="lot-a")
    lot.tariffs.create(version=2, document=HONGQIAO, valid_from="2999-01-01T00:00Z")
    out, err = run("tariff_format", "--to", "pcloud", "lot-a")
    assert json.loads(out) == {"type": 1, "free_time": 15, "more": {"price": 500, "unit": 60}, "max": 4000}
    assert err == ""
    out, err = run("tariff_format", "--to", "apds", "lot-a")
    assert json.loads(out)["rateLineCollections"][0]["rateLines"][0]["value"] == 5
    assert [line.rsplit(" ", 1)[1] for line in err.splitlines()] == ["(free_minutes)", "(cycle)", "(caps)"]
    lot.tariffs.update(valid_from="2999-01-01T00:00Z")
    with pytest.raises(CommandError, match="No tariff is in force"):
        run("tariff_format", "--to", "apds", "lot-a")


def test_a_file_becomes_a_document_and_what_is_assumed_goes_to_stderr(tmp_path):
    data = {"type": 1, "free_time": 15, "more": {"price": 500, "unit": 60}, "max": 4000}
    out, err = run("tariff_format", "--from", "pcloud", written(tmp_path, data))
    assert json.loads(out)["steps"] == TARIFF["steps"]
    assert "cycle: taken: the cap is for each 24 hours from the entry" in err


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "must be JSON"),
        ('{"type": 2, "more": {}}', "type: must be 1"),
        ('{"a": NaN}', "must not say NaN"),
        ("[" * 90_000, "must be JSON"),
        (" " * 300_000, "must not be longer"),
    ],
)
def test_a_file_that_is_no_such_data_is_refused_with_path_and_reason(tmp_path, text, reason):
    with pytest.raises(CommandError, match=reason):
        run("tariff_format", "--from", "pcloud", written(tmp_path, text))


def test_a_file_that_cannot_be_read_is_said_so(tmp_path):
    with pytest.raises(CommandError, match="Cannot read"):
        run("tariff_format", "--from", "apds", str(tmp_path / "none"))
    (tmp_path / "x").write_bytes(b"\xff\xfe")
    with pytest.raises(CommandError, match="not UTF-8"):
        run("tariff_format", "--from", "apds", str(tmp_path / "x"))
