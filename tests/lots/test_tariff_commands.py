"""check_tariff and tariff_format, as an operator sees them in a terminal."""

import json
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from lots.tariffs.presets import PRESETS
from tests.factories import TARIFF, make_lot
from tests.lots.tariffs.published import AIRPORT, HONGQIAO


def run(*words):
    out, err = StringIO(), StringIO()
    call_command(*words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def write_file(tmp_path, data):
    file = tmp_path / "data.json"
    file.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return str(file)


def test_check_tariff_prints_board_and_findings(tmp_path):
    file = write_file(tmp_path, HONGQIAO)
    both = run("check_tariff", file)[0]
    chinese, english = (run("check_tariff", file, "--lang", lang)[0] for lang in ("zh", "en"))
    assert both == chinese + english
    assert "逐日递增的封顶是单日还是累计？" in chinese
    assert "Whether rising caps" not in chinese
    assert "First 2 hours: ¥10 per hour." in english
    assert "24 hours 1 minute  ¥70.00" in english
    assert "Whether rising caps are for each day or add up" in english


def test_check_tariff_covers_each_class(tmp_path):
    assert "(Vehicles: large)" in run("check_tariff", write_file(tmp_path, AIRPORT), "--lang", "en")[0]


def test_check_tariff_prints_every_board(tmp_path):
    """An author sees what vehicles of a class and entries in a season pay, too."""
    scenic = run("check_tariff", write_file(tmp_path, PRESETS["scenic"]), "--lang", "zh")[0]
    assert "黄金周 (入场日期：春节假期、国庆节假期)\n  - 每次 ¥30。" in scenic
    assert "法定节假日与平日收费相同" not in scenic
    large = run("check_tariff", write_file(tmp_path, AIRPORT), "--lang", "en")[0]
    assert "Large vehicles" in large.split("What can be read")[0]


def test_free_tariff_has_no_findings(tmp_path):
    free = {**HONGQIAO, "steps": [{"until_min": None, "unit_min": 60, "price": 0}]}
    assert "没有发现两种理解。" in run("check_tariff", write_file(tmp_path, free), "--lang", "zh")[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no JSON: line 1"),
        ("{", "no JSON: line 1"),
        ("\n\n{'a': 1}", "no JSON: line 3"),
        ("null", "must be an object"),
        ("[]", "must be an object"),
        ("[" * 90_000, "nested too deep"),
        ('{"a": ' + "[" * 400 + "]" * 400 + "}", "nested too deep"),
        ('{"format": %s}' % ("9" * 5000), "no JSON: Exceeds the limit"),
        ('{"format": -Infinity}', "-Infinity is no number"),
        ('{"format": 3, "format": 2}', "'format' twice"),
        ('{"\\ud800": 3}', "is missing"),
        ('{"\\u001b[31m": 3}', "is missing"),
    ],
)
def test_text_that_is_no_tariff_is_named(tmp_path, text, reason):
    with pytest.raises(CommandError, match=re.escape(reason)) as refused:
        run("check_tariff", write_file(tmp_path, text))
    assert refused.value.returncode == 1


def test_invalid_tariff_exits_with_code_1(tmp_path):
    with pytest.raises(CommandError, match="rounding: is missing") as refused:
        run(
            "check_tariff",
            write_file(tmp_path, {key: HONGQIAO[key] for key in HONGQIAO if key != "rounding"}),
        )
    assert refused.value.returncode == 1


def test_all_faults_are_named_in_both_languages(tmp_path):
    broken = {**HONGQIAO, "rounding": "often", "max_stay_min": True, "Steps": [], "stay_cap": 1.5}
    with pytest.raises(CommandError) as refused:
        run("check_tariff", write_file(tmp_path, broken))
    lines = str(refused.value).splitlines()
    assert [line for line in lines if not line.startswith("  - ")] == [
        "这不是有效的计费规则。",
        "This is no tariff.",
    ]
    chinese, english = (lines[1 : len(lines) // 2], lines[len(lines) // 2 + 1 :])
    assert {line.split(":")[0] for line in english} == {
        f"  - {key}" for key in ("Steps", "rounding", "stay_cap", "max_stay_min")
    }
    assert len(chinese) == len(english)
    assert not set(chinese) & set(english)


@pytest.mark.django_db
def test_check_tariff_accepts_lot_clock(tmp_path):
    make_lot(slug="lot-a", zone="Asia/Hong_Kong")
    assert "¥70.00" in run("check_tariff", write_file(tmp_path, HONGQIAO), "--lot", "lot-a")[0]
    with pytest.raises(CommandError, match="no lot"):
        run("check_tariff", write_file(tmp_path, HONGQIAO), "--lot", "lot-b")


@pytest.mark.django_db
def test_tariff_export_writes_losses_to_stderr():
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


def test_tariff_import_writes_assumptions_to_stderr(tmp_path):
    data = {"type": 1, "free_time": 15, "more": {"price": 500, "unit": 60}, "max": 4000}
    out, err = run("tariff_format", "--from", "pcloud", write_file(tmp_path, data))
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
def test_invalid_tariff_import_names_reason(tmp_path, text, reason):
    with pytest.raises(CommandError, match=reason):
        run("tariff_format", "--from", "pcloud", write_file(tmp_path, text))


def test_unreadable_tariff_file_is_reported(tmp_path):
    with pytest.raises(CommandError, match="Cannot read"):
        run("tariff_format", "--from", "apds", str(tmp_path / "none"))
    (tmp_path / "x").write_bytes(b"\xff\xfe")
    with pytest.raises(CommandError, match="not UTF-8"):
        run("tariff_format", "--from", "apds", str(tmp_path / "x"))


@pytest.mark.servers
def test_check_without_lot_needs_no_settings(tmp_path):
    file = tmp_path / "tariff.json"
    file.write_text(json.dumps(PRESETS["mall_night"]), encoding="utf-8")
    manage = Path(__file__).parents[2] / "manage.py"
    done = subprocess.run(
        [sys.executable, manage, "check_tariff", str(file), "--lang", "zh"],
        env={"PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "此时尚未结束的时段不重新计费" in done.stdout
