"""Who stands behind a host: our own dated list, and lists in EasyPrivacy's syntax.

Our list was collected by hand from the services' public documentation and is in the public domain. It only
names what is found: any other site is a finding, on a list or not. Lists in EasyPrivacy's syntax come from
a file that the operator brings; the package `adblock` (Brave's engine) applies their whole syntax, without
it only the rules that name a host are used.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

VERSION = "2026-11-24"

_TABLE = """
analytics 百度统计 hm.baidu.com tongji.baidu.com hmcdn.baidu.com
analytics 友盟 umeng.com cnzz.com cnzz.net umengcloud.com umtrack.com umsns.com
analytics 阿里云监控 arms-retcode.aliyuncs.com retcode.alicdn.com arms-retcode-sg.aliyuncs.com
analytics 阿里埋点 mmstat.com log.mmstat.com quickaplus.com
analytics 腾讯 pingjs.qq.com pingtas.qq.com trace.qq.com btrace.qq.com aegis.qq.com beacon.qq.com report.idqqimg.com mta.qq.com
analytics 腾讯移动分析 mi.gdt.qq.com pingma.qq.com
analytics 火山引擎 volces.com volccdn.com mcs.zijieapi.com mcs.snssdk.com toblog.ctobsnssdk.com datarangers.com.cn gator.volces.com
analytics 神策 sensorsdata.cn sensorsdata.com
analytics GrowingIO growingio.com giocdn.com
analytics 51LA 51.la ia.51.la js.users.51.la
analytics 诸葛IO zhugeio.com zhuge.io
analytics TalkingData talkingdata.com talkingdata.net tdum.alibaba.com
analytics 易观 analysys.cn eguantech.com
analytics 极光 jpush.cn jiguang.cn
analytics 个推 getui.com gepush.com igexin.com
analytics 听云 networkbench.com tingyun.com
analytics 博睿 bonree.com
analytics Google google-analytics.com googletagmanager.com analytics.google.com
analytics Microsoft clarity.ms
analytics Sentry sentry.io sentry-cdn.com ingest.sentry.io
analytics Bugly bugly.qq.com
analytics Fundebug fundebug.com fundebug.net
analytics Frontjs frontjs.com
ads 百度联盟 pos.baidu.com cpro.baidu.com cpro.baidustatic.com eclick.baidu.com mobads.baidu.com cb.baidu.com
ads 腾讯广告 gdt.qq.com e.qq.com l.qq.com adsmind.gdtimg.com qzs.gdtimg.com
ads 穿山甲 pangolin-sdk-toutiao.com pangolin.snssdk.com pglstatp-toutiao.com ad.toutiao.com
ads 巨量引擎 oceanengine.com analytics.oceanengine.com ad.oceanengine.com
ads 阿里妈妈 tanx.com alimama.com atanx.alicdn.com alimama.cn
ads 快手 adkwai.com e.kuaishou.com gifshow.com
ads 秒针 miaozhen.com
ads AdMaster admaster.com.cn
ads 精硕 nielsen-online.com
ads 变现猫 bianxianmao.com
ads 推啊 tuia.cn tuipear.com tuiatest.cn
ads 豆盟 doumob.com
ads 蜂助手 fengzhushou.com phone580.com
ads Google doubleclick.net googlesyndication.com googleadservices.com
ads Criteo criteo.com criteo.net
recorder Hotjar hotjar.com hotjar.io
recorder FullStory fullstory.com
recorder LogRocket logrocket.com logrocket.io lr-ingest.io
recorder Mouseflow mouseflow.com
recorder 智齿 sobot.com
recorder 网易七鱼 qiyukf.com
recorder 美洽 meiqia.com
recorder rrweb rrweb.io
recorder 和鲸回放 xrecorder.cn
fingerprint 同盾 tongdun.net tongdun.cn fraudmetrix.cn tddata.net
fingerprint 数美 fengkongcloud.cn fengkongcloud.com ishumei.com
fingerprint 顶象 dingxiang-inc.com
fingerprint FingerprintJS fpjs.io fpcdn.io fingerprint.com
captcha 极验 geetest.com gsensebot.com
captcha 易盾 dun.163.com dun.163yun.com
map 高德 amap.com autonavi.com
map 百度地图 api.map.baidu.com
map 腾讯地图 apis.map.qq.com
sdk 微信 res.wx.qq.com res2.wx.qq.com
sdk 支付宝 gw.alipayobjects.com a.alipayobjects.com appx.alipay.com
cdn BootCDN cdn.bootcdn.net cdn.bootcss.com
cdn 字节静态资源 cdn.bytedance.com lf3-cdn-tos.bytecdntp.com
cdn jsDelivr cdn.jsdelivr.net
cdn unpkg unpkg.com
cdn 七牛 qiniucdn.com qnssl.com clouddn.com
font Google fonts.googleapis.com fonts.gstatic.com
font iconfont at.alicdn.com
"""


@dataclass(frozen=True)
class Owner:
    name: str
    category: str
    rule: str  # the entry that matched
    source: str  # which list


def _read(table: str) -> dict[str, Owner]:
    found = {}
    for line in table.split("\n"):
        category, _, rest = line.strip().partition(" ")
        name, *names = rest.split()[:1] + rest.split()[1:] if rest else [""]
        found.update({host: Owner(name, category, host, f"purecode {VERSION}") for host in names})
    return found


@dataclass(frozen=True)
class Lists:
    """The lists at hand: ours, and one in EasyPrivacy's syntax where a file was given."""

    hosts: dict[str, Owner] = field(default_factory=lambda: _read(_TABLE))
    easy: dict[str, Owner] = field(default_factory=dict)
    engine: Any = None  # of the package adblock
    dated: str = ""  # what the file says of its age

    def owner(self, host: str) -> Owner | None:
        """Return who stands behind a host or one of its parents; ours knows names, so it comes first."""
        for table in (self.hosts, self.easy):
            name = host.lower().rstrip(".")
            while name:
                if name in table:
                    return table[name]
                name = name.partition(".")[2]
        return None

    def blocked(self, url: str, kind: str) -> Owner | None:
        """Return the rule of the engine that blocks a request of another site."""
        if self.engine is None:
            return None
        kind = {"fetch": "xmlhttprequest", "xhr": "xmlhttprequest"}.get(kind, kind or "other")
        result = self.engine.check_network_urls(url, "https://page.invalid/", kind)
        if not result.matched:
            return None
        return Owner(url.split("/")[2], "easyprivacy", str(result.filter or "matched"), "EasyPrivacy")

    @property
    def versions(self) -> dict[str, str]:
        versions = {"purecode": f"{VERSION}, {len(self.hosts)} hosts"}
        if self.easy or self.engine:
            how = "adblock" if self.engine else "hosts only"
            versions["easyprivacy"] = f"{self.dated or 'undated'}, {len(self.easy)} hosts, {how}"
        return versions


_DATED = re.compile(r"^! (?:Last modified|Version): *(.+)$", re.MULTILINE)


def lists_with(text: str) -> Lists:
    """Return our list with one in EasyPrivacy's syntax."""
    dated = _DATED.search(text)
    return Lists(
        easy=read_easy(text.splitlines()), engine=_engine(text), dated=dated[1].strip() if dated else ""
    )


def _engine(text: str) -> Any:
    try:
        import adblock
    except ImportError:
        return None
    rules = adblock.FilterSet(debug=True)
    rules.add_filter_list(text)
    return adblock.Engine(filter_set=rules, optimize=False)  # optimised, a match names many rules at once


def read_easy(lines: Iterable[str]) -> dict[str, Owner]:
    """Return the hosts that a list in EasyList's syntax names outright; narrower rules are left out."""
    found = {}
    for line in lines:
        rule = line.strip()
        if not rule.startswith("||") or "^" not in rule:
            continue
        host, _, rest = rule[2:].partition("^")
        if rest in {"", "$third-party"} and "." in host and not set(host) & set("/*?=:"):
            found[host.lower()] = Owner(host, "easyprivacy", rule, "EasyPrivacy")
    return found
