"""The list of people: who may do what where, with a form to invite one more."""

from collections.abc import Sequence
from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timezone import now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console import role_words
from console.list_filters import Filter
from console.lists import Column, ListPage, text, when
from core.addresses import console_url
from lots.models import Lot, Operator
from staff.access import Access, access
from staff.models import Grant, Invitation, Role


def where_of(operator: Operator, lot: Lot | None) -> str:
    """Return where a role holds: in a lot, or in all of an operator."""
    if lot is not None:
        return lot.name
    return gettext("%(legal_name)s (all lots)") % {"legal_name": operator.legal_name}


class InviteForm(forms.Form):
    """A role and its place: `o<operator>` for each lot of it, or `l<lot>`.

    A clerk needs a shop, and is invited on the page of that shop.
    """

    place = forms.ChoiceField(label=_("Scope"))
    role = forms.ChoiceField(
        label=_("Role"),
        choices=[("", _("Please choose")), *(one for one in Role.choices if one[0] != Role.SHOP)],
    )

    def __init__(self, person: Access, data: Any = None) -> None:
        super().__init__(data, auto_id="invite-%s")  # the list's filter has a role too
        self.operators = {f"o{one.pk}": one for one in person.operators()}
        lots = Lot.objects.filter(operator__in=self.operators.values()).select_related("operator")
        self.lots = {f"l{one.pk}": one for one in lots.order_by("name")}
        whole = [(key, where_of(one, None)) for key, one in self.operators.items()]
        single = [(key, where_of(one.operator, one)) for key, one in self.lots.items()]
        self.fields["place"].choices = whole + single  # type: ignore[attr-defined]

    def where(self) -> tuple[Operator, Lot | None]:
        chosen = self.cleaned_data["place"]
        lot = self.lots.get(chosen)
        return (lot.operator, lot) if lot else (self.operators[chosen], None)


class PeopleFilter(Filter):
    """Which people: who may do something in a lot, in a role."""

    role = forms.ChoiceField(required=False, label=_("Role"), choices=[("", _("All")), *Role.choices])

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the people of a lot; a role at an operator holds in each of its lots."""
        held = Q(ended_at=None)
        if (role := self.value_of("role")) is not None:
            held &= Q(role=role)
        if self.lot is not None:
            held &= Q(lot=self.lot) | Q(lot=None, operator=self.lot.operator_id)
        return rows.filter(pk__in=Grant.objects.filter(held).values("user"))


class PeopleList(ListPage):
    """Staff with their roles and places, and open invitations."""

    action, title, name = "people.edit", _("People"), "people"
    route = "console:people"
    model, filter_class, order, size = User, PeopleFilter, "username", 100
    template_name = "console/people.html"
    empty = _("No people match. Create an invitation code first.")
    invite: InviteForm | None = None
    columns = (
        text(_("Account"), "username", is_header=True, sort="username"),
        Column(
            _("Role and scope"),
            lambda line: "; ".join(f"{one['role']} · {one['where']}" for one in line["grants"]),
            show=lambda line: line["roles"],
            cell="name",
        ),
        Column(
            _("Two-step verification"),
            lambda line: gettext("On") if line["safe"] else gettext("Off"),
            show=lambda line: format_html(
                '<span class="tag {}">{}</span>',
                "paid" if line["safe"] else "failed",
                gettext("On") if line["safe"] else gettext("Off"),
            ),
            css="wide",
        ),
        when(_("Last sign-in"), "last_login", otherwise=_("Never"), css="wide", sort="last_login"),
        Column(_("Actions"), lambda line: line["acts"], in_file=False),
    )

    def queryset(self) -> QuerySet[Any]:
        return User.objects.filter(pk__in=grants_of(self.request).filter(ended_at=None).values("user"))

    def lines(self, rows: Sequence[User]) -> list[dict[str, Any]]:
        held = grants_of(self.request).filter(ended_at=None, user__in=list(rows)).order_by("pk")
        grants: dict[int, list[dict[str, Any]]] = {}
        for grant in held.select_related("operator", "lot"):
            where = where_of(grant.operator, grant.lot)
            line = {"row": grant, "role": grant.get_role_display(), "where": where}
            grants.setdefault(grant.user_id, []).append(line)
        safe = set(Authenticator.objects.filter(user__in=list(rows)).values_list("user_id", flat=True))
        return [self._line(row, grants.get(row.pk, []), is_safe=row.pk in safe) for row in rows]

    def _line(self, row: User, grants: list[dict[str, Any]], *, is_safe: bool) -> dict[str, Any]:
        line = {"row": row, "grants": grants, "safe": is_safe}
        return {
            **line,
            "roles": render_to_string("console/person_roles.html", line, self.request),
            "acts": render_to_string("console/person_acts.html", line, self.request),
        }

    def context(self) -> dict[str, Any]:
        return {
            "invite": self.invite or InviteForm(access(self.request)),
            "roles": role_words.sentences(),
            "matrix": role_words.matrix(),
            "invitations": [
                {
                    "row": row,
                    "role": row.get_role_display() if row.role else gettext("Set a new password"),
                    "where": where_of(row.operator, row.lot),
                }
                for row in invitations_of(self.request).select_related("operator", "lot", "made_by", "user")
            ],
        }


def people_page(request: HttpRequest, invite: InviteForm, *, status: int = 200, **shown: Any) -> HttpResponse:
    """Return the list with the form as it was sent, or with a code to hand over."""
    page = PeopleList(request=request, invite=invite)
    page.form = page.make_form()
    shown["joins_at"] = console_url(reverse("console:join"))  # the colleague is at another machine
    return page.page(page.slice(page.rows()), status=status, **shown)


def grants_of(request: HttpRequest) -> QuerySet[Grant]:
    return Grant.objects.filter(operator__in=access(request).operators())


def invitations_of(request: HttpRequest) -> QuerySet[Invitation]:
    mine = Invitation.objects.filter(operator__in=access(request).operators())
    return mine.filter(used_at=None, withdrawn_at=None, expires_at__gt=now()).order_by("-made_at")
