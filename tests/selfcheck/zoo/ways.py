"""Families of what stands before, beside and behind the fee, and the honest pages that look like them."""

from collections.abc import Iterator

from tests.selfcheck.zoo.animals import FEE, FOOT, FORM, PIXEL, Animal

NO_NOTICE = FOOT.replace("车牌只用于查询本次停车费，离场 24 小时后清除。<a href='/privacy'>隐私说明</a>", "")
QR = f"<img alt=二维码 width=200 height=200 src='{PIXEL}'>"
BY_SCRIPT = (
    "const f=document.forms[0];if(f&&f.plate)f.onsubmit=async e=>{e.preventDefault();const r=await "
    "fetch(f.getAttribute('action'),{method:'POST',body:new URLSearchParams(new FormData(f))});document.querySelector('main')"
    ".innerHTML=new DOMParser().parseFromString(await r.text(),'text/html').querySelector('main').innerHTML}"
)


def _opened(label: str, text: str) -> str:
    """Return a link that shows a text in place."""
    return (
        f"<p><a href='#more' onclick='document.querySelector(\"#more\").hidden=false'>{label}</a></p>"
        f"<p id=more hidden>{text}</p>"
    )


def _steps(zh: str, breaks: tuple[str, ...], *labels: str) -> Animal:
    """Return a page on which buttons have to be pressed, one after the other, before the plate's field is there."""
    form = FORM.format(path="/p/7F3K")
    script = (
        f"const a=document.querySelector('#way');if(a){{const l={list(labels)};let n=0;const draw=()=>{{a.innerHTML=n<l.length?"
        f"'<p>第 '+(n+1)+' 步</p><button type=button>'+l[n]+'</button>':`{form}`;const b=a.querySelector('button[type=button]');"
        "if(b)b.onclick=()=>{n++;draw()}};draw()}"
    )
    return Animal("", zh, breaks, form="<div id=way></div>", script=script)


def clean() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "denied behind a link",
        [
            Animal(
                "", "我是会员？", before=_opened("我是会员？", "本页只缴停车费，不识别会员，也不要求注册。")
            ),
            Animal("", "要下载应用吗", before=_opened("要下载 APP 吗？", "停车缴费不需要下载任何应用。")),
        ],
    )
    yield (
        "paid already",
        [
            Animal("", "已缴费时刻", fee="<h2>停车费已缴</h2><p>已于今天 14:10 缴费 8.00 元，请在 12 分钟内离场。</p>"),
            Animal("", "缴费时间一栏", fee="<h2>停车费已缴清</h2><table><tr><td>支付时间<tr><td>14:10</table><p>停车缴费 8.00 元</p>"),
        ],
    )  # fmt: skip
    yield (
        "terms",
        [
            Animal("", "同意处理车牌", before="<p>查询即表示您同意我们为计算停车费处理您的车牌，不用于营销。</p>"),
            Animal("", "不向个人转账", fee=FEE + f"<p>请勿向任何个人转账，谨防私人收款码。</p>{QR}"),
        ],
    )  # fmt: skip
    kinds = "<h2>有两辆号码相同的车，请选择车牌颜色</h2><p id=k><button type=button>蓝牌</button> <button type=button>黄牌</button></p>"
    shown = "document.querySelector('#k')&&(document.querySelector('#k').onclick=()=>{document.querySelector('#k').outerHTML=`FEE`})"
    yield "two cars", [Animal("", "同号两车，选颜色", fee=kinds, script=shown.replace("FEE", FEE))]
    yield "form without scripts", [Animal("", "脚本用 POST，表单是 GET", phones=("plain", "no-script"), form=FORM.replace(" method=post", ""), script=BY_SCRIPT)]  # fmt: skip


def dirty() -> Iterator[tuple[str, list[Animal]]]:
    yield (
        "behind a link",
        [Animal("", "会员链接", ("P5a",), before=_opened("我是会员", "会员停车免费 2 小时，登录后抵扣。"))],
    )
    yield (
        "before the plate",
        [
            _steps("三步才到车牌", ("P1",), "进入停车缴费", "我知道了", "下一步"),
            _steps("两步才到车牌", ("P1",), "停车缴费", "我要缴费"),
        ],
    )
    yield (
        "to a person",
        [
            Animal("", "转账给个人", ("P5d",), fee=f"<h2>停车费 ¥8.00</h2><p>请长按下方收款码，向老陈转账 8.00 元</p>{QR}"),
            Animal("", "截图放行", ("P5d",), fee=f"<h2>停车费 ¥8.00</h2>{QR}<p>扫码付款，付款截图请出示给门岗。</p>"),
        ],
    )  # fmt: skip
    yield (
        "consent in terms",
        [
            Animal("", "条款里的营销", ("P5b",), notice="<h1>隐私说明</h1><p>车牌用于查询停车费，保存 30 天。使用本页即视为您同意我们向您发送营销短信，并与合作商户共享停车信息。联系 021-5555 0100</p>"),
            Animal("", "按钮下的小字", ("P5b",), before="<p><small>点击查询即表示您同意接收优惠信息及广告推送</small></p>"),
        ],
    )  # fmt: skip


def unclear() -> Iterator[Animal]:
    """Pages that nobody accuses, and that are not called pure either."""
    lots = "<fieldset><legend>您的车停在哪里？</legend><label><input type=radio name=q> 古镇 P1</label><label><input type=radio name=q> 檀园地库</label></fieldset>"
    yield Animal(
        "",
        "先选停车场",
        form=f"<div id=way>{lots}</div>",
        script=f"const w=document.querySelector('#way');if(w)w.onchange=()=>w.insertAdjacentHTML('beforeend',`{FORM.format(path='/p/7F3K')}`)",
    )
    yield Animal(
        "",
        "车道已知的车",
        form="<p>沪A·***45 应付 8.00 元</p><form method=post action='/pay'><button>支付</button></form>",
    )
    yield Animal("", "没有隐私说明", foot=NO_NOTICE)
    yield _steps("一步才到车牌", (), "停车缴费")
