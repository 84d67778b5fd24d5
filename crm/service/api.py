"""Service requests in the REST API. Further steps are taken through their tasks."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from crm.files.api import FileAnswer
from crm.files.queries import files_of
from crm.permissions import check_may
from crm.service import queries
from crm.service.operations import open_request
from crm.service.rules import OPEN_FIELDS
from crm.service.waiting import customer_answered, wait_for_customer
from crm.web.api import ApiBlueprint, Body, etag_of
from crm.web.doors import current_actor, now, reading_session, writing
from crm.web.record_api import answer_of, asked_filters, body_of, page_answer, page_schema, place_of, query_of

api = ApiBlueprint("service_api", __name__, url_prefix="/service-requests", description="Service requests")

MOMENTS = (
    "opened_at",
    "assigned_at",
    "due_at",
    "remind_at",
    "waiting_since",
    "reminded_at",
    "escalated_at",
    "handled_at",
    "fed_back_at",
)
PEOPLE = ("opened_by_id", "assigned_by_id", "assigned_to_id", "handled_by_id", "fed_back_by_id", "archived_by_id")
WORDS = ("waiting_for", "assignment_note", "handling", "result", "customer_words", "archive_note", "cancel_reason")
ServiceRequestBody = body_of("ServiceRequestBody", OPEN_FIELDS).from_dict(
    {"attachments": fields.List(fields.Integer(), metadata={"description": "numbers of files that were sent before"})},
    name="ServiceRequestBody",
)
ServiceRequestAnswer = answer_of(
    "ServiceRequestAnswer",
    OPEN_FIELDS,
    {
        "number": fields.String(),
        "status": fields.String(),
        "rounds": fields.Integer(),
        "waited_minutes": fields.Integer(),
        "satisfaction": fields.Integer(allow_none=True),
        **{name: fields.AwareDateTime(allow_none=True) for name in (*MOMENTS, "archived_at", "cancelled_at")},
        **{name: fields.Integer(allow_none=True) for name in (*PEOPLE, "cancelled_by_id")},
        **{name: fields.String(allow_none=True) for name in WORDS},
        "version": fields.Integer(),
    },
)
ServiceRequestDetail = ServiceRequestAnswer.from_dict(
    {"attachments": fields.List(fields.Nested(FileAnswer))}, name="ServiceRequestDetail"
)
ServiceRequestPage = page_schema("ServiceRequestPage", ServiceRequestAnswer)
ServiceRequestQuery = query_of("ServiceRequestQuery", queries.FILTERS, queries.FILTER_FIELDS, queries.SORTS, "-number")


class QuestionBody(Body):
    """What the customer was asked."""

    question = fields.String(required=True, validate=validate.Length(1, 2000))


class AnswerBody(Body):
    """What the customer answered, if it is to be kept."""

    answer = fields.String(load_default="", validate=validate.Length(max=2000))


@api.get("")
@api.arguments(ServiceRequestQuery, location="query")
@api.response(200, ServiceRequestPage)
def list_requests(query: dict[str, Any]) -> dict[str, object]:
    """Service requests that you may see, with search, filters, order and pages."""
    check_may(current_actor(), "service", "view")
    with reading_session() as session:
        page = queries.find_requests(
            session,
            by=current_actor(),
            now=now(),
            query=query["q"],
            filters=asked_filters(query),
            sort=query["sort"],
            place=place_of(query, queries.SORTS),
            limit=query["limit"],
        )
    return page_answer(page)


@api.post("")
@api.arguments(ServiceRequestBody)
@api.response(201, ServiceRequestDetail)
def post_request(body: dict[str, Any]) -> tuple[dict[str, object], dict[str, str]]:
    """Open a service request; its process begins at once."""
    given = {field.name: body.get(field.name) for field in OPEN_FIELDS}
    with writing() as session:
        request = open_request(session, by=current_actor(), now=now(), **given, attachments=body.get("attachments"))
    # Read anew: the process has planned the request meanwhile.
    return _detail(request.id)


@api.get("/<int:request_id>")
@api.response(200, ServiceRequestDetail)
def get_request(request_id: int) -> tuple[dict[str, object], dict[str, str]]:
    """One service request, with its files."""
    return _detail(request_id)


@api.post("/<int:request_id>/wait")
@api.arguments(QuestionBody)
@api.response(200, ServiceRequestDetail)
def post_wait(body: dict[str, Any], request_id: int) -> tuple[dict[str, object], dict[str, str]]:
    """The customer was asked something: the clock of the service level stands still until they answer."""
    with writing() as session:
        wait_for_customer(session, by=current_actor(), now=now(), request_id=request_id, question=body["question"])
    return _detail(request_id)


@api.post("/<int:request_id>/answered")
@api.arguments(AnswerBody)
@api.response(200, ServiceRequestDetail)
def post_answered(body: dict[str, Any], request_id: int) -> tuple[dict[str, object], dict[str, str]]:
    """The customer has answered: the clock runs again, and what was due moves by the working time that passed."""
    with writing() as session:
        customer_answered(session, by=current_actor(), now=now(), request_id=request_id, answer=body["answer"])
    return _detail(request_id)


def _detail(request_id: int) -> tuple[dict[str, object], dict[str, str]]:
    with reading_session() as session:
        request = queries.find_request(session, by=current_actor(), request_id=request_id)
        files = files_of(session, record_type="service_request", record_id=request_id)
    known = {name: getattr(request, name) for name in ServiceRequestAnswer().fields}
    return {**known, "attachments": files}, etag_of(request.version)
