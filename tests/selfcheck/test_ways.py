"""What stands before, beside and behind the fee: each page is one visit, and one test.

A page is `deep` if another one proves the same step of the visit; the table says why.
"""

from dataclasses import replace

import pytest

from selfcheck.browser import Options
from selfcheck.checking import Page, check
from selfcheck.hosts import Lists
from selfcheck.purity_verdict import PurityVerdict
from tests.selfcheck.zoo.animals import ABSENT, PLATE
from tests.selfcheck.zoo.keeper import open_zoo, serve_from
from tests.selfcheck.zoo.ways import clean, dirty, unclear

pytestmark = pytest.mark.browser
ELSEWHERE = "苏E7K319"
DEEP = {
    "words are judged alike wherever they stand, and have tests without a browser": {
        *("已缴费时刻", "离场倒计时", "同意处理车牌", "会员另行同意", "不向个人转账", "并排的面板，框架启动"),
        *("转账给个人", "截图放行", "付完可领加油券", "手机框里只写必填"),
        *("脚本里的商户密钥", "抬杆按钮是广告"),
        *("条款里的营销", "条款里同意以上", "同意给保险机构", "按钮下的小字", "点支付要储值", "下载全场车牌"),
        *("没有标明的清洁费", "说明里写着营销", "没填好的隐私模板", "长期保存车牌"),
        *("脚本里的应用密钥", "今天免费"),
        "看不懂的按钮、选项和时刻",
    },
    "the step is taken on another page of these": {
        *("改车牌再查", "我是会员？", "要下载应用吗", "付完回到本站", "付完可开票", "付完看得到离场时限"),
        *("同号两车，选颜色", "同号两车，点选颜色", "不是这辆车", "第几次查询", "繁忙时自动重试"),
        *("已付款的人看这里", "打开着的隐私说明", "折在标题下的隐私说明", "微信里付完转到结果页"),
        *("夜间配色已打开", "费用旁另有银联", "省份列表，其余用手机键盘", "三步才到车牌", "一步才到车牌"),
        *("付完转去抽奖", "付完直接到他站", "付完要定位", "微信里付完要位置", "没有隐私说明"),
        *("微信里付完要加管家", "弹层里选微信，付完转到结果页", "费用旁另一个支付去借款"),
        "微信里另一页付款，付完要加管家",
        *("各自点选的付款方式去办卡", "画出来的付款方式去办卡"),
        *("先选楼，旁边有搜索框", "微信里付完由服务器送来", "四种付款方式都没选"),
        "省份单选，其余另填",
    },
    "it is watched for minutes, as another is": {
        *("五分钟后请重新查询", "每二十秒问一次金额", "第四次询问后请加管家", "一直询问，四分钟后请加管家"),
        *("一刻钟后请加管家", "付完半分钟后跳去小程序"),
    },
}  # fmt: skip
# Honest pages whose second visit would find what the first did.
SEEN_ONCE = {
    *("缴费时间一栏", "检修公告", "没网时可以重试", "给读屏软件的透明层"),
    *("折起来的隐私说明", "点选的四种付款方式", "四种付款方式都没选"),
    *("脚本用 POST，表单是 GET", "省份列表，字母和数字各一格", "只听触摸的页签和付款"),
}  # fmt: skip
SLOW_LOOK_UPS = ("先尾号，后整个车牌", "第几次查询", "繁忙时自动重试", "没网时可以重试", "已付款的人看这里")
FOLDED_NOTICES = ("折起来的隐私说明", "打开着的隐私说明", "折在标题下的隐私说明")
# What else is known of a page: what was tested there or could not be, what is found and what is not.
TESTED = {
    **dict.fromkeys(SLOW_LOOK_UPS, frozenset({"P2"})),
    "弹层里选微信，付完转到结果页": {"P2", "P5d", "P12d"},
    "先核对车牌再查": {"P2", "P5a", "P5d", "P12d"},
    "点选的四种付款方式": {"P5d"},
    "四种付款方式都没选": {"P2", "P5d"},
    "省份单选，其余另填": {"P2", "P5d"},
    "省份列表，字母和数字各一格": {"P2", "P5d"},
    "只听触摸的页签和付款": {"P2", "P5d"},
    "车道已知的车": {"P1", "P2", "P3", "P5a", "P5d", "P6"},
}  # fmt: skip
UNTESTED = {"车道已知的车": {"P8a", "P8b", "P8c", "P11b"}}
FOUND = {"脚本用 POST，表单是 GET": {"P13b"}, "缓存网页文件": {"P7b"}}
NOT_FOUND = {
    **dict.fromkeys(FOLDED_NOTICES, frozenset({"P15a"})),
    "缓存网页文件": {"P7a"},
}
AFTERWARDS = {
    "抬杆按钮是广告",
    "微信里付完要加管家",
    "弹层里选微信，付完要加管家",
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
CLEAN = [animal.zh for _, animals in clean() for animal in animals]
DIRTY = [animal.zh for _, animals in dirty() for animal in animals]
UNCLEAR = [animal.zh for animal in unclear()]
ANIMALS = {
    animal.zh: replace(animal, name=f"ways{place}")
    for place, animal in enumerate(
        [*(animal for family in (clean, dirty) for _, animals in family() for animal in animals), *unclear()]
    )
}


def each_page(names: list[str]) -> pytest.MarkDecorator:
    deep = set().union(*DEEP.values())
    assert deep <= set(ANIMALS), deep - set(ANIMALS)
    return pytest.mark.parametrize(
        "zh", [pytest.param(name, marks=[pytest.mark.deep] * (name in deep)) for name in names]
    )


@pytest.fixture(scope="module")
def zoo(workshop, tmp_path_factory):
    by_name = {animal.name: animal for animal in ANIMALS.values()}
    with open_zoo(tmp_path_factory.mktemp("ways"), serve_from(by_name)) as opened:
        yield opened


@pytest.fixture
def outcome(zoo, patient, zh):
    """Return what a visit to the page found, with what is known of it compared."""
    animal = ANIMALS[zh]
    how = Options(
        plate=PLATE, again=ELSEWHERE, second=ABSENT, resolve=zoo.resolve, any_certificate=True,
        dwell=0.3, quiet=0.15, pace=0, patience=600, automated=False,
        revisit=zh in AFTERWARDS if animal.breaks else zh not in SEEN_ONCE,
    )  # fmt: skip
    [checked] = check([Page(animal.url, "pure", animal.phones, how)], lists=Lists())
    untested, breached = {row.rule for row in checked.outcome.untested}, set(checked.outcome.breached)
    assert not TESTED.get(zh, set()) & untested
    assert UNTESTED.get(zh, set()) <= untested
    assert FOUND.get(zh, set()) <= breached
    assert not NOT_FOUND.get(zh, set()) & breached
    return checked.outcome


@each_page(CLEAN)
def test_honest_page_accuses_nobody(outcome):
    assert outcome.verdict is not PurityVerdict.NOT_PURE, outcome.findings


@each_page(DIRTY)
def test_fault_is_found(outcome, zh):
    assert set(ANIMALS[zh].breaks) <= set(outcome.breached), outcome


@each_page(UNCLEAR)
def test_unclear_page_is_left_open(outcome):
    assert outcome.verdict is PurityVerdict.PARTIAL, outcome
