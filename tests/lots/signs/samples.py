"""Faces to print: a pure code in any format, a member sign."""

from dataclasses import replace
from typing import Any

from lots.signs.print_formats import FORMATS
from lots.signs.sign_faces import Face, Ground, Hanging, MemberFace, member_face, pure_face
from lots.signs.sign_wording import PRESETS, City

ADDRESS = "HTTPS://PAY.EXAMPLE.CN/P/0123456789ABCDEF"
MEMBER = MemberFace(
    "浦江会 会员码", "https://weixin.qq.com/r/Abc123", "手机号（注册、积分）", "出口右侧立柱", "right"
)
GROUND = Ground(
    lot="浦江广场停车场",
    payee="上海浦江商业管理有限公司",
    service="021-5555 0100",
    cash="B1 层岗亭收现金",
    complaint="12345 / 12315",
    retention_hours=24,
    city=City.SHANGHAI,
    wording=PRESETS[City.SHANGHAI],
)


def ground(city: City = City.SHANGHAI, **fields: Any) -> Ground:
    return replace(GROUND, city=city, wording=PRESETS[city], **fields)


def hanging(form: str = "a4", **fields: Any) -> Hanging:
    usual = {"number": "12", "place": "B2 层 3 号立柱", "distance": None, "printed": "2026-11-24"}
    return Hanging(form=FORMATS[form], **{**usual, **fields})


def pure(form: str = "a4", *, city: City = City.SHANGHAI, address: str = ADDRESS, **fields: Any) -> Face:
    return pure_face(ground(city), hanging(form, **fields), address)


def member(form: str = "a4", **fields: Any) -> Face:
    return member_face(GROUND, hanging(form), replace(MEMBER, **fields))
