"""The timeline as a page draws it: which mark and tone each sort of line has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crm.activity.queries import Happening

# Kind of line → icon and tone; lines of other kinds get a plain dot.
MARKS: Mapping[str, tuple[str, str]] = {
    "customer.created": ("circle-plus", "good"),
    "customer.changed": ("pencil", "neutral"),
    "contact.created": ("user-plus", "good"),
    "contact.changed": ("pencil", "neutral"),
    "contact.deleted": ("user-minus", "warn"),
    "interaction.created": ("messages", "info"),
    "interaction.changed": ("pencil", "neutral"),
    "interaction.deleted": ("trash", "warn"),
    "competitor.created": ("circle-plus", "good"),
    "competitor.changed": ("pencil", "neutral"),
    "file.added": ("paperclip", "info"),
    "file.removed": ("file-off", "warn"),
    "opportunity.created": ("target-arrow", "info"),
    "opportunity.changed": ("pencil", "neutral"),
    "opportunity.submitted": ("send", "info"),
    "opportunity.approved": ("thumb-up", "good"),
    "opportunity.rejected": ("arrow-back-up", "warn"),
    "opportunity.assigned": ("user-check", "info"),
    "opportunity.reassigned": ("user-share", "info"),
    "opportunity.planned": ("calendar-event", "neutral"),
    "opportunity.step_done": ("circle-check", "good"),
    "opportunity.won": ("trophy", "good"),
    "opportunity.lost": ("mood-sad", "bad"),
    "opportunity.given_up": ("ban", "warn"),
    "opportunity.went_back": ("arrow-back-up", "warn"),
    "order.created": ("shopping-cart", "good"),
    "order.changed": ("pencil", "neutral"),
    "order.lines": ("list-details", "neutral"),
    "order.delivered": ("truck-delivery", "good"),
    "order.cancelled": ("ban", "warn"),
    "complaint.created": ("mood-sad", "warn"),
    "complaint.changed": ("pencil", "neutral"),
    "complaint.proposed": ("clipboard-text", "info"),
    "complaint.approved": ("thumb-up", "good"),
    "complaint.rejected": ("arrow-back-up", "warn"),
    "complaint.carried_out": ("tools", "good"),
    "complaint.called_back": ("phone-outgoing", "info"),
    "complaint.reopened": ("refresh", "warn"),
    "complaint.closed": ("archive", "good"),
    "complaint.cancelled": ("ban", "warn"),
    "complaint.went_back": ("arrow-back-up", "warn"),
    "customer_loss.created": ("trending-down", "warn"),
    "customer_loss.delayed": ("clipboard-list", "info"),
    "customer_loss.confirmed": ("mood-sad", "bad"),
    "customer_loss.averted": ("shopping-cart", "good"),
    "customer_loss.dismissed": ("ban", "neutral"),
    "customer.stage": ("flag", "info"),
    "article.created": ("book", "info"),
    "article.changed": ("pencil", "neutral"),
    "product.created": ("package", "good"),
    "product.changed": ("pencil", "neutral"),
    "service.opened": ("headset", "info"),
    "service.assigned": ("user-check", "info"),
    "service.handled": ("tools", "good"),
    "service.fed_back": ("message-circle", "good"),
    "service.returned": ("arrow-back-up", "warn"),
    "service.archived": ("archive", "neutral"),
    "service.cancelled": ("ban", "warn"),
    "service.reminded": ("bell-ringing", "warn"),
    "service.escalated": ("alert-triangle", "bad"),
}
PAGE = 30


def lines(happenings: Sequence[Happening], *, with_links: bool = True) -> list[dict[str, object]]:
    """Entries for the `timeline` component."""
    return [
        {
            "at": each.at,
            "who": each.who,
            "text": each.words,
            "detail": each.detail,
            "icon": MARKS.get(each.kind, ("point-filled", "neutral"))[0],
            "tone": MARKS.get(each.kind, ("point-filled", "neutral"))[1],
            "url": each.link if with_links else "",
        }
        for each in happenings
    ]


def page_of_lines(happenings: Sequence[Happening], *, with_links: bool = True) -> tuple[list[dict[str, object]], str]:
    """A page of entries from one more than is shown, and the place from which the next page begins."""
    shown = happenings[:PAGE]
    return lines(shown, with_links=with_links), shown[-1].before if len(happenings) > PAGE else ""
