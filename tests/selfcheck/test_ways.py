"""What stands before, beside and behind the fee; all pages are visited at once."""

from dataclasses import replace

import pytest

from selfcheck import patience
from selfcheck.browser import Options
from selfcheck.checking import Page, check
from selfcheck.hosts import Lists
from selfcheck.purity_verdict import PurityVerdict
from tests.selfcheck.conftest import BUSIEST
from tests.selfcheck.zoo.animals import ABSENT, PLATE
from tests.selfcheck.zoo.keeper import open_zoo, serve_from
from tests.selfcheck.zoo.ways import clean, dirty, unclear

pytestmark = pytest.mark.browser
ELSEWHERE = "苏E7K319"
AFTERWARDS = {
    "抬杆按钮是广告",
    "微信里付完要加管家",
    "改车牌再查要手机号",
    "外地车牌要手机号",
    "八十秒后请加管家",
    "第四次询问后请加管家",
    "一直询问，四分钟后请加管家",
    "一刻钟后请加管家",
    "收银台上另一个入口去办卡",
    "费用旁另一个支付去借款",
    "微信里付完要位置",
    "看了费用转去关注",
    "第四种点选的付款方式是借款",
    "画出来的付款方式去办卡",
    "各自点选的付款方式去办卡",
    "微信里另一页付款，付完要加管家",
}  # dirty pages whose fault the first visit does not show


@pytest.fixture(scope="module")
def checked(workshop, tmp_path_factory):
    made = [animal for family in (clean, dirty) for _, animals in family() for animal in animals]
    animals = [replace(animal, name=f"ways{place}") for place, animal in enumerate([*made, *unclear()])]
    served = open_zoo(
        tmp_path_factory.mktemp("ways"), serve_from({animal.name: animal for animal in animals})
    )
    with pytest.MonkeyPatch.context() as slow_machine, served as zoo:
        slow_machine.setattr(patience, "LONGEST", BUSIEST)
        how = Options(
            plate=PLATE, again=ELSEWHERE, second=ABSENT, resolve=zoo.resolve, any_certificate=True,
            dwell=0.3, quiet=0.15, pace=0, patience=600, automated=False,
        )  # fmt: skip
        once = replace(how, revisit=False)
        pages = [
            Page(
                animal.url,
                "pure",
                animal.phones,
                once if animal.breaks and animal.zh not in AFTERWARDS else how,
            )
            for animal in animals
        ]
        results = check(pages, lists=Lists(), parallel=3)
    return {animal.zh: (animal, one.outcome) for animal, one in zip(animals, results, strict=True)}


def test_honest_pages_accuse_nobody(checked, subtests):
    for _, animals in clean():
        for animal in animals:
            with subtests.test(animal.zh):
                assert checked[animal.zh][1].verdict is not PurityVerdict.NOT_PURE, checked[animal.zh][
                    1
                ].findings


def test_faults_are_found(checked, subtests):
    for _, animals in dirty():
        for animal in animals:
            with subtests.test(animal.zh):
                assert set(animal.breaks) <= set(checked[animal.zh][1].breached), checked[animal.zh][1]


def test_unclear_pages_are_left_open(checked, subtests):
    for animal in unclear():
        with subtests.test(animal.zh):
            assert checked[animal.zh][1].verdict is PurityVerdict.PARTIAL, checked[animal.zh][1]


def test_known_car_is_tested_to_the_cashier(checked):
    untested = {row.rule for row in checked["车道已知的车"][1].untested}
    assert {"P8a", "P8b", "P8c", "P11b"} <= untested
    assert not {"P1", "P2", "P3", "P5a", "P5d", "P6"} & untested


def test_get_without_scripts_is_remark(checked):
    assert "P13b" in checked["脚本用 POST，表单是 GET"][1].breached


def test_cached_files_are_a_remark(checked):
    assert set(checked["缓存网页文件"][1].breached) & {"P7a", "P7b"} == {"P7b"}


@pytest.mark.parametrize(
    "zh", ["先尾号，后整个车牌", "第几次查询", "繁忙时自动重试", "没网时可以重试", "已付款的人看这里"]
)
def test_slow_look_ups_lead_to_the_cashier(checked, zh):
    assert "P2" not in {row.rule for row in checked[zh][1].untested}


def test_confirmed_plate_is_tested_to_the_end(checked):
    untested = {row.rule for row in checked["先核对车牌再查"][1].untested}
    assert not {"P2", "P5a", "P5d", "P12d"} & untested


def test_all_chosen_ways_are_tried(checked):
    assert "P5d" not in {row.rule for row in checked["点选的四种付款方式"][1].untested}


@pytest.mark.parametrize("zh", ["折起来的隐私说明", "打开着的隐私说明", "折在标题下的隐私说明"])
def test_folded_notice_is_read(checked, zh):
    assert "P15a" not in checked[zh][1].breached
