"""What records of an administrator's own processes are to the shared furniture of records. Processes alone write them."""

from __future__ import annotations

from crm.core.fields import Field, Kind
from crm.core.i18n import text
from crm.custom.models import CustomRecord
from crm.records.queries import register
from crm.records.types import Group, Owned, RecordType, orders

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
            Field("sort_name", text("Sort"), longest=120),
            Field("state_name", text("State"), longest=120),
            Field("sort_key", text("Process key"), longest=80),
        ),
        columns=("title", "sort_name", "state_name", "customer_id", "owner_id", "updated_at"),
        filters=("sort_name", "state_name"),
        sorts=orders(
            updated_at=(CustomRecord.updated_at, CustomRecord.id),
            created_at=(CustomRecord.created_at, CustomRecord.id),
        ),
        default_sort="-updated_at",
        title="title",
        customer="customer_id",
        searched=("title",),
        search_hint=text("Number or name"),
    )
)
