"""The list of what waits for a person (待办)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from console import money_forms
from console.act_panel import OfferedAct, carry_out
from console.shown_plates import masked
from core.money import yuan
from lots.models import Lot, ParkingSystemLink, SignAlarm
from lots.systems.fault_texts import meaning_of
from payments import staff_actions
from payments.models import Debt, Discrepancy, Refund, RefundRequest, Settlement
from payments.open_tasks import ROWS, Tasks, open_tasks
from payments.today_figures import Scope, count_tasks
from presentation.templatetags.money_tags import grouped
from staff.access import access, requires

AGES = (
    (0, gettext_lazy("Less than a day")),
    (2, gettext_lazy("1 to 3 days")),
    (6, gettext_lazy("3 to 7 days")),
    (10**6, gettext_lazy("Over a week")),
)  # whole days at most


@dataclass(frozen=True)
class Age:
    """The open differences of one age."""

    label: str
    count: int
    fen: int

    @property
    def words(self) -> str:
        words = {"age": self.label, "count": self.count, "amount": grouped(yuan(self.fen))}
        return _("%(age)s: %(count)s, ¥%(amount)s") % words


@requires("money.see")
@require_safe
def tasks(request: HttpRequest) -> HttpResponse:
    """Show refunds to approve or to give back, debts and differences in the books, of all lots or of one."""
    found = _tasks(request)
    return _page(request, found, _offers(request, found))


@requires("tasks.resolve")
@require_POST
def resolve(request: HttpRequest, pk: int) -> HttpResponse:
    """Resolve a difference in the books, with a note of what was found."""
    return _carry_out(request, f"resolve-{pk}")


@requires("tasks.resolve")
@require_POST
def entered_by_hand(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that staff entered a payment in the lot's parking system themselves."""
    get_object_or_404(access(request).within(Settlement.objects.all()), pk=pk)
    return _carry_out(request, f"entered-{pk}")


def _carry_out(request: HttpRequest, act: str) -> HttpResponse:
    found = _tasks(request)
    return carry_out(
        request,
        _offers(request, found),
        act,
        back=_back(request),
        again=lambda offers, status: _page(request, found, offers, status),
    )


def _here(request: HttpRequest) -> dict[str, Lot]:
    """Return the lot that the address names, as a look-up."""
    slug = request.GET.get("lot")
    return {"lot": access(request).lot(slug)} if slug else {}


def _differences(request: HttpRequest) -> QuerySet[Discrepancy]:
    rows = access(request).within_or_without_lot(Discrepancy.objects.filter(resolved_at=None))
    return rows.filter(**_here(request))


def _back(request: HttpRequest) -> str:
    """Return the page's address, of the same lot: a closing of the day is about one."""
    lot = _here(request).get("lot")
    return reverse("console:tasks") + (f"?lot={lot.slug}" if lot else "")


def _tasks(request: HttpRequest) -> Tasks:
    here = _here(request)
    paid_here = {f"payment__{path}": lot for path, lot in here.items()}
    return open_tasks(
        requests=access(request).within(RefundRequest.objects.filter(**paid_here), "payment__lot"),
        waiting=access(request).within(Refund.objects.filter(**paid_here), "payment__lot"),
        debts=access(request).within(Debt.objects.filter(**here)),
        discrepancies=_differences(request),
        settlements=access(request).within(Settlement.objects.filter(**here)),
        alarms=access(request).within(SignAlarm.objects.filter(**here)),
        at=now(),
    )


def _offers(request: HttpRequest, found: Tasks) -> list[OfferedAct]:
    """Return for each difference the act that puts it away, where this person may."""

    def offer(row: Discrepancy) -> OfferedAct:
        return OfferedAct(
            f"resolve-{row.pk}",
            _("Handled"),
            money_forms.ActForm,
            lambda _form, by, at: staff_actions.resolve(row, by=by, at=at),
            action="tasks.resolve",
        )

    def entered(row: Settlement) -> OfferedAct:
        return OfferedAct(
            f"entered-{row.pk}",
            _("Entered by hand"),
            money_forms.ActForm,
            lambda _form, by, at: staff_actions.enter_by_hand(row, by=by, at=at),
            action="tasks.resolve",
        )

    may = access(request).may
    put_away = [offer(row) for row in found.discrepancies if may("tasks.resolve", row.lot_id)]
    return put_away + [entered(row) for row in found.unreported if may("tasks.resolve", row.lot_id)]


def ages_of(rows: Iterable[Discrepancy], *, at: datetime) -> list[Age]:
    """Return how many differences are how old, and their amounts; without the ages that none has."""
    found: dict[str, Age] = {}
    for row in rows:
        days = (at - row.seen_at).days
        label = next(str(label) for most, label in AGES if days <= most)
        age = found.get(label, Age(label, 0, 0))
        found[label] = Age(label, age.count + 1, age.fen + (row.amount_fen or 0))
    return [found[str(label)] for _most, label in AGES if str(label) in found]


def _page(request: HttpRequest, found: Tasks, offers: list[OfferedAct], status: int = 200) -> HttpResponse:
    shown = {offer.name: offer for offer in offers}
    links = ParkingSystemLink.objects.filter(lot__in={row.lot_id for row in found.unreported})
    support = dict(links.values_list("lot", "support_phone"))
    lots = [*_here(request).values()] or list(access(request).lots_with_trial())
    context = {
        "tasks": found,
        "count": count_tasks(Scope(lots, now())) if found.is_cut else found.count,
        "debts": [{"row": row, "plate": masked(row.session)} for row in found.debts],
        "unreported": [
            {
                "row": row,
                "fault": meaning_of(row.fault) if row.fault else "",
                "support": support.get(row.lot_id, ""),
                "offer": shown.get(f"entered-{row.pk}"),
            }
            for row in found.unreported
        ],
        "ages": ages_of(_differences(request), at=now()),
        "more": len(found.discrepancies) >= ROWS,
        "query": request.GET.urlencode(),
        **_here(request),
        "discrepancies": [(row, shown.get(f"resolve-{row.pk}")) for row in found.discrepancies],
    }
    return render(request, "console/tasks.html", context, status=status)
