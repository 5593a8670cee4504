"""What each vendor gives an operator for the link, and what the set-up therefore asks for."""

from dataclasses import dataclass

from lots.models import Lot

System = Lot.System
COUPONS = "coupons"  # "yes": the vendor agreed to count our parking coupons


@dataclass(frozen=True)
class VendorFields:
    """Names of settings; those in `secrets` are stored encrypted. `optional` ones may be left out."""

    secrets: tuple[str, ...]
    options: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


FIELDS: dict[str, VendorFields] = {
    System.AIKE: VendorFields(("key", "secret"), ("version", COUPONS), optional=("version", COUPONS)),
    System.BOLIAN: VendorFields(
        ("key",),
        ("role", "union_id", "park_union_id"),
        optional=("role", "union_id", "park_union_id"),
    ),
    System.GENERIC: VendorFields(("secret",), (COUPONS,), optional=(COUPONS,)),
    System.HIKVISION: VendorFields(("key", "secret")),
    System.HIKVISION_8700: VendorFields(("appkey", "secret")),
    System.JIESHUN: VendorFields(("password", "sign_key"), ("cid", "user", COUPONS), optional=(COUPONS,)),
    System.KEYTOP: VendorFields(
        ("secret", "user", "password", "des_key"),
        ("form", "app_id", COUPONS),
        optional=("user", "password", "des_key", "form", "app_id", COUPONS),
    ),
    System.PCLOUD: VendorFields(("secret",), (COUPONS,), optional=(COUPONS,)),
}
