"""What each vendor gives an operator for the link, and what the set-up therefore asks for."""

from dataclasses import dataclass

from lots.models import Lot

System = Lot.System


@dataclass(frozen=True)
class VendorFields:
    """Names of settings; those in `secrets` are stored encrypted. `optional` ones may be left out."""

    secrets: tuple[str, ...]
    options: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


FIELDS: dict[str, VendorFields] = {
    System.AIKE: VendorFields(("key", "secret"), ("version",), optional=("version",)),
    System.BOLIAN: VendorFields(
        ("key",),
        ("role", "union_id", "park_union_id"),
        optional=("role", "union_id", "park_union_id"),
    ),
    System.GENERIC: VendorFields(("secret",)),
    System.HIKVISION: VendorFields(("key", "secret")),
    System.HIKVISION_8700: VendorFields(("appkey", "secret")),
    System.JIESHUN: VendorFields(("password", "sign_key"), ("cid", "user")),
    System.KEYTOP: VendorFields(
        ("secret", "user", "password", "des_key"),
        ("form", "app_id"),
        optional=("user", "password", "des_key", "form", "app_id"),
    ),
    System.PCLOUD: VendorFields(("secret",)),
}
