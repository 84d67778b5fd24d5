"""For those who watch the machines: is it alive, is it ready, how much does it do."""

from __future__ import annotations

import hmac
import os
import time

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

from crm.core import heartbeat
from crm.core.errors import NotFound
from crm.web.doors import now, public, reading_session

pages = Blueprint("health", __name__)
LOOPBACK = {"127.0.0.1", "::1"}


@pages.get("/healthz")
@public
def alive() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@pages.get("/readyz")
@public
def ready() -> Response:
    """The database answers too; otherwise the error page says 503. That no scheduler keeps the time is told, not a fault of ours."""
    with reading_session() as session:
        kept = heartbeat.is_kept(session, now=now())
    return Response(f"ready\nscheduler: {'at work' if kept else 'silent'}\n", mimetype="text/plain")


@pages.get("/metrics")
@public
def metrics() -> Response:
    """Figures for Prometheus: from this machine, or with the token in HELIU_METRICS_TOKEN. To others it does not exist."""
    if not _may_measure():
        raise NotFound
    registry: CollectorRegistry = current_app.extensions["heliu.metrics"]
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        # Each worker counts for itself; together they are the figures of this machine.
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library has no types here
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_measure() -> bool:
    token = os.environ.get("HELIU_METRICS_TOKEN", "")
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(token.encode(), given.encode()):
        return True
    # Behind a proxy every request comes from this machine; then only the token counts.
    return (
        request.remote_addr in LOOPBACK
        and "X-Forwarded-For" not in request.headers
        and "Forwarded" not in request.headers
    )


def set_up_health(app: Flask) -> None:
    """Count requests and their time by view, method and status; never by address, which holds record numbers."""
    registry = CollectorRegistry()
    labels = ("view", "method", "status")
    answered = Counter("heliu_requests", "Requests answered", labels, registry=registry)
    seconds = Histogram("heliu_request_seconds", "Time to answer", ("view",), registry=registry)
    app.extensions["heliu.metrics"] = registry

    @app.before_request
    def begin() -> None:
        g.begun = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        view = request.endpoint or "unknown"
        answered.labels(view, request.method if request.endpoint else "-", response.status_code).inc()
        if "begun" in g:
            seconds.labels(view).observe(time.perf_counter() - g.begun)
        return response

    app.register_blueprint(pages)
