"""Figures appear under their names. T118: no figure carries an id, an address or a path."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sluss.kernel import metrics


@pytest.mark.parametrize(
    ("happen", "name", "labels"),
    [
        (lambda: metrics.envelopes_received("m"), "sluss_envelopes_received_total", {"channel": "m"}),
        (lambda: metrics.envelopes_repeated("m"), "sluss_envelopes_repeated_total", {"channel": "m"}),
        (lambda: metrics.envelopes_admitted("m", 0.2), "sluss_envelopes_admitted_total", {"channel": "m"}),
        (lambda: metrics.envelopes_admitted("n", -1), "sluss_admit_seconds_count", {"channel": "n"}),
        (lambda: metrics.envelopes_quarantined("m"), "sluss_envelopes_quarantined_total", {"channel": "m"}),
        (lambda: metrics.operation_attempted("m", "sent", 0.2), "sluss_operation_attempts_total", {"channel": "m", "result": "sent"}),
        (lambda: metrics.batch_written(3, 0.01), "sluss_write_batch_size_count", {}),
        (lambda: metrics.batch_written(3, 0.01), "sluss_write_batch_seconds_count", {}),
        (lambda: metrics.read_done(0.01), "sluss_read_seconds_count", {}),
        (metrics.write_retried, "sluss_writes_retried_total", {}),
        (metrics.events_pushed, "sluss_sse_events_total", {}),
        (metrics.loop_stalled, "sluss_loop_stalls_total", {}),
        (
            lambda: metrics.request_answered("/r/{id}", "GET", 200, 0.1),
            "sluss_request_seconds_count",
            {"route": "/r/{id}", "method": "GET", "status": "200"},
        ),
        (lambda: metrics.job_ended("wake", "done", 0.1), "sluss_job_seconds_count", {"name": "wake", "result": "done"}),
        (lambda: metrics.request_sent("refused"), "sluss_outgoing_requests_total", {"result": "refused"}),
        (lambda: metrics.file_stored(1), "sluss_files_stored_bytes_total", {}),
    ],
)
def test_what_happens_is_counted(happen: Callable[[], None], name: str, labels: dict[str, str]) -> None:
    before = metrics.value_of(name, **labels) or 0
    happen()
    assert metrics.value_of(name, **labels) == before + 1


@pytest.mark.parametrize(
    ("say", "name"),
    [
        (metrics.envelopes_missing, "sluss_envelopes_missing"),
        (metrics.breakers_open, "sluss_breakers_open"),
        (metrics.writes_waiting, "sluss_write_queue"),
        (metrics.jobs_due, "sluss_jobs_due"),
        (metrics.event_lag, "sluss_event_lag_seconds"),
        (metrics.files_free, "sluss_files_free_bytes"),
    ],
)
def test_what_stands_is_shown(say: Callable[[int], None], name: str) -> None:
    say(5)
    assert metrics.value_of(name) == 5


def test_a_state_that_has_emptied_is_not_shown_as_it_was() -> None:
    metrics.operations_standing({"queued": 4, "unknown": 1})
    metrics.operations_standing({"queued": 3})
    assert metrics.value_of("sluss_operations", state="queued") == 3
    assert metrics.value_of("sluss_operations", state="unknown") is None


def test_streams_are_counted_while_they_are_open() -> None:
    with metrics.stream_open(), metrics.stream_open():
        assert metrics.value_of("sluss_sse_streams") == 2
    assert metrics.value_of("sluss_sse_streams") == 0


def test_the_page_is_what_prometheus_reads() -> None:
    names = {family.name for family in text_string_to_metric_families(metrics.page().decode())}
    assert {"sluss_envelopes_received", "sluss_write_batch_size", "process_resident_memory_bytes"} <= names
    assert metrics.CONTENT_TYPE.startswith("text/plain")
