"""manage.py tariff_format: a lot's tariff in another format, or a file in one as a tariff document."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from lots import tariffs
from lots.management.files import lot_called
from lots.tariffs import TariffError
from lots.tariffs.exchange import FORMATS, untrusted
from presentation.tariff_losses import in_both_languages


class Command(BaseCommand):
    help = "Export a lot's tariff to another format (--to), or import one (--from). Losses go to stderr."
    requires_system_checks = ()  # reading a file needs no database

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", help="--to: the lot's short name; --from: a JSON file")
        way = parser.add_mutually_exclusive_group(required=True)
        way.add_argument("--to", dest="target", choices=sorted(FORMATS))
        way.add_argument("--from", dest="source", choices=sorted(FORMATS))

    def handle(self, *args: Any, what: str, target: str | None, source: str | None, **options: Any) -> None:
        try:
            if source:
                data, lost = FORMATS[source].load(untrusted.parse(text_of(what)))
            else:
                data, lost = FORMATS[str(target)].export(tariffs.read(document_of(what)))
        except TariffError as error:
            raise CommandError(f"Nothing was written.\n{error}") from None
        for loss in lost:
            self.stderr.write(in_both_languages(loss))
        self.stdout.write(json.dumps(data, ensure_ascii=False, indent=2))


def document_of(slug: str) -> dict[str, Any]:
    """Return the document in force in a lot."""
    versions = lot_called(slug).tariffs.filter(valid_from__lte=now())
    version = versions.order_by("-valid_from", "-version").first()
    if version is None:
        raise CommandError(f"No tariff is in force in {slug!r}.")
    return dict(version.document)


def text_of(file: str) -> str:
    try:
        with Path(file).open(encoding="utf-8-sig") as stream:
            return stream.read(untrusted.MOST_TEXT + 1)
    except OSError as error:
        raise CommandError(f"Cannot read the file: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandError("The file is not UTF-8.") from None
