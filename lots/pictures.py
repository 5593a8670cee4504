"""Pictures that cameras push with a read: dropped, but for devices that are set to keep them.

Staff compare one with a plate that was misread. It shows the plate, so it is sealed like the plate and
forgotten with it (`compliance.retention`), and the lot's privacy notice states it.
"""

from core.vault import seal_picture, unseal_picture
from lots.models import Device, PlateRead, ReadPicture

LARGEST = 1024 * 1024  # bytes; a whole picture at a camera's usual settings has 100 to 300 KB


def keep(read: PlateRead, picture: bytes) -> None:
    """Store the picture of a new read, in the caller's transaction."""
    ReadPicture.objects.create(read=read, lot_id=read.lot_id, picture=seal_picture(read.lot_id, picture))


def show(picture: ReadPicture) -> bytes:
    """Return the JPEG, or raise `Unreadable` where its key is gone."""
    return unseal_picture(picture.lot_id, picture.picture)


def kept_in(slug: str) -> bool:
    """Return whether this lot stores pictures: a device does, or an earlier one is not erased yet."""
    keeping = Device.objects.in_use().filter(lot__slug=slug, keep_images=True)
    return keeping.exists() or ReadPicture.objects.filter(lot__slug=slug).exists()
