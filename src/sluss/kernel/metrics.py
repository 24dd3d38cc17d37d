"""Figures for Prometheus. In: calls where something happened. Out: the text of `/metrics`.

Labels are of few values: never an id, an address or a path.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

_registry = CollectorRegistry()
ProcessCollector(registry=_registry)
PlatformCollector(registry=_registry)
GCCollector(registry=_registry)

_SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_LONG = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3_600)


def _counter(name: str, about: str, *labels: str) -> Counter:
    return Counter(name, about, labels, namespace="sluss", registry=_registry)


def _gauge(name: str, about: str, *labels: str) -> Gauge:
    return Gauge(name, about, labels, namespace="sluss", registry=_registry)


def _histogram(name: str, about: str, labels: tuple[str, ...], buckets: tuple[float, ...]) -> Histogram:
    return Histogram(name, about, labels, namespace="sluss", registry=_registry, buckets=buckets)


_received = _counter("envelopes_received", "Envelopes stored durably and acknowledged", "channel")
_repeated = _counter("envelopes_repeated", "Envelopes that had been received before", "channel")
_admitted = _counter("envelopes_admitted", "Envelopes turned into messages or receipts", "channel")
_quarantined = _counter("envelopes_quarantined", "Envelopes that could not be understood", "channel")
_admit_seconds = _histogram("admit_seconds", "From stored to admitted", ("channel",), _LONG)
_missing = _gauge("envelopes_missing", "Acknowledged less processed, queued and quarantined; anything but 0 is a fault")
_operations = _gauge("operations", "Operations standing in each state", "state")
_attempts = _counter("operation_attempts", "Attempts at networks by their result", "channel", "result")
_send_seconds = _histogram("send_seconds", "One attempt at a network", ("channel",), _LONG)
_breakers = _gauge("breakers_open", "Inboxes whose circuit breaker is open")
_streams = _gauge("sse_streams", "Open streams of live updates")
_visitor_streams = _gauge("visitor_streams", "Open streams of visitors of web sites")
_visitors_refused = _counter("visitor_requests_refused", "Requests of visitors beyond a limit", "limit")
_pushed = _counter("sse_events", "Events written to streams")
_batch_size = _histogram("write_batch_size", "Writes per commit", (), (1, 2, 4, 8, 16, 32, 64, 128, 256, 512))
_batch_seconds = _histogram("write_batch_seconds", "From begin to durable", (), _SHORT)
_read_seconds = _histogram("read_seconds", "One read transaction", (), _SHORT)
_write_queue = _gauge("write_queue", "Writes waiting for the writer")
_retried = _counter("writes_retried", "Writes repeated after a conflict of transactions")
_requests = _histogram("request_seconds", "Requests answered", ("route", "method", "status"), _SHORT)
_jobs = _histogram("job_seconds", "Jobs and reactions run", ("name", "result"), _LONG)
_jobs_due = _gauge("jobs_due", "Jobs whose time has come and that nobody runs yet")
_relay_lag = _gauge("event_lag_seconds", "Age of the oldest event without a position")
_outgoing = _counter("outgoing_requests", "Requests of the guarded client by their result", "result")
_stored = _counter("files_stored_bytes", "Bytes put into the file store")
_free = _gauge("files_free_bytes", "Room above the reserve of the file store")
_loop_stalls = _counter("loop_stalls", "Times the event loop stood still for more than a second")


def envelopes_received(channel: str, count: int = 1) -> None:
    _received.labels(channel).inc(count)


def envelopes_repeated(channel: str, count: int = 1) -> None:
    _repeated.labels(channel).inc(count)


def envelopes_admitted(channel: str, seconds: float) -> None:
    """One envelope understood, so long after it was stored."""
    _admitted.labels(channel).inc()
    _admit_seconds.labels(channel).observe(max(seconds, 0))


def envelopes_quarantined(channel: str, count: int = 1) -> None:
    _quarantined.labels(channel).inc(count)


def envelopes_missing(count: int) -> None:
    """The result of the conservation check."""
    _missing.set(count)


def operations_standing(counts: Mapping[str, int]) -> None:
    """How many operations stand in each state now; a state that is not named stands at none."""
    _operations.clear()
    for state, count in counts.items():
        _operations.labels(state).set(count)


def operation_attempted(channel: str, result: str, seconds: float) -> None:
    """One attempt ended: `sent`, `refused`, `unreachable` or `unknown`."""
    _attempts.labels(channel, result).inc()
    _send_seconds.labels(channel).observe(seconds)


def breakers_open(count: int) -> None:
    _breakers.set(count)


@contextmanager
def stream_open() -> Generator[None]:
    """Counts a stream for as long as it is open."""
    with _streams.track_inprogress():
        yield


@contextmanager
def visitor_stream_open() -> Generator[None]:
    """Counts a visitor's stream for as long as it is open."""
    with _visitor_streams.track_inprogress():
        yield


def visitor_refused(limit: str) -> None:
    """One request of a visitor came too much; `limit` names which it was."""
    _visitors_refused.labels(limit).inc()


def events_pushed(count: int = 1) -> None:
    _pushed.inc(count)


def batch_written(size: int, seconds: float) -> None:
    """One commit made so many writes durable."""
    _batch_size.observe(size)
    _batch_seconds.observe(seconds)


def read_done(seconds: float) -> None:
    _read_seconds.observe(seconds)


def writes_waiting(count: int) -> None:
    _write_queue.set(count)


def write_retried() -> None:
    _retried.inc()


def request_answered(route: str, method: str, status: int, seconds: float) -> None:
    """`route` is the pattern of the path (`/cases/{case_id}`), never the path itself."""
    _requests.labels(route, method, str(status)).observe(seconds)


def job_ended(name: str, result: str, seconds: float) -> None:
    """One job or reaction ended: `done`, `failed` or `given up`."""
    _jobs.labels(name, result).observe(seconds)


def jobs_due(count: int) -> None:
    _jobs_due.set(count)


def event_lag(seconds: float) -> None:
    _relay_lag.set(seconds)


def request_sent(result: str) -> None:
    """One request of the guarded client: `answered`, `refused`, `failed` or `too much`."""
    _outgoing.labels(result).inc()


def file_stored(size: int) -> None:
    _stored.inc(size)


def files_free(size: int) -> None:
    _free.set(size)


def loop_stalled() -> None:
    _loop_stalls.inc()


def page() -> bytes:
    """All figures in Prometheus' text form (`CONTENT_TYPE`)."""
    return generate_latest(_registry)


def value_of(name: str, /, **labels: str) -> float | None:
    """One figure as it stands, for the health page and tests: `value_of("sluss_sse_streams")`."""
    return _registry.get_sample_value(name, labels)
