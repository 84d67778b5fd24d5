"""What records of an administrator's own processes are to the shared furniture of records. Processes alone write them."""

from __future__ import annotations

from crm.core.audit_words import Words, call
from crm.core.fields import Field, Kind
from crm.core.i18n import text
from crm.custom.choosing import is_mine, of_sort, offered_sorts, offered_states, standing_in
from crm.custom.models import CustomRecord
from crm.custom.wording import said
from crm.records.queries import register
from crm.records.types import Group, Owned, RecordType, Special, orders

CUSTOM = register(
    RecordType(
        key="custom",
        module="custom",
        model=CustomRecord,
        path="own-records",
        name=text("Custom record"),
        plural=text("Custom records"),
        icon="database",
        reach=Owned(),
        groups=(
            Group(
                text("Record"),
                (
                    Field("title", text("Name"), required=True, longest=300),
                    Field("customer_id", text("Customer"), Kind.RECORD, target="customer"),
                    Field("owner_id", text("Responsible"), Kind.PERSON),
                ),
            ),
        ),
        facts=(
            Field("sort_key", text("Sort"), longest=80),
            Field("state", text("State"), longest=40),
        ),
        columns=("title", "sort_key", "state", "customer_id", "owner_id", "updated_at"),
        filters=("sort_key", "state", "mine"),
        special={
            "sort_key": Special(Field("sort_key", text("Sort"), longest=80), of_sort, options=offered_sorts),
            "state": Special(Field("state", text("State"), longest=40), standing_in, options=offered_states),
            "mine": Special(Field("mine", text("Only mine"), Kind.FLAG), is_mine),
        },
        sorts=orders(
            title=(CustomRecord.title, CustomRecord.id),
            sort_key=(CustomRecord.sort_name, CustomRecord.id),
            state=(CustomRecord.state_name, CustomRecord.id),
            updated_at=(CustomRecord.updated_at, CustomRecord.id),
            created_at=(CustomRecord.created_at, CustomRecord.id),
        ),
        default_sort="-updated_at",
        title="title",
        customer="customer_id",
        searched=("title",),
        search_hint=text("Number, name or customer"),
        said=said,
    )
)
# The log keeps of a state its name, too, and all fields that a process describes as one value.
call(
    CUSTOM.key,
    Words(
        CUSTOM.name,
        {
            **CUSTOM.shown,
            "state_name": Field("state_name", text("Name of the state")),
            "values": Field("values", text("Fields of the process")),
        },
    ),
)
