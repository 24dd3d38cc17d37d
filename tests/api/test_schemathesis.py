"""The document keeps its word: whatever is sent to what it names, answers are those it lists, and never a fault of ours. T87, T106."""

from __future__ import annotations

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import allow_header_conformance, positive_data_acceptance

from sluss.api.document import document
from sluss.api.routes import ROUTES
from tests.api.conftest import Service

# Who may call what is proved route by route elsewhere: here every request is signed in.
SCHEMA = schemathesis.openapi.from_dict({name: part for name, part in document(ROUTES).items() if name != "security"})

# Whether a case can be moved so depends on the case and on the time of day, which no schema knows.
# The framework's own answer to OPTIONS names only the methods of the handler that was registered first.
NOT_FOR = {
    "PATCH /api/v1/cases/{number}": [positive_data_acceptance, allow_header_conformance],
    "GET /api/v1/cases/{number}": [allow_header_conformance],
    # Nobody has the addresses that it makes up, and a card's addresses are https, which no pattern says well.
    "PUT /api/v1/cards": [positive_data_acceptance],
    # A search may hold no letter at all, and an answer goes only where the case's way leads.
    "GET /api/v1/cases": [positive_data_acceptance],
    "POST /api/v1/cases/{number}/replies": [positive_data_acceptance],
}


@SCHEMA.parametrize()
@settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_answer_is_one_that_the_document_names(case: schemathesis.Case, service: Service) -> None:
    excluded = NOT_FOR.get(case.operation.label, [])
    assert case.call_and_validate(base_url=service.url, headers=service.headers, excluded_checks=excluded).status_code < 500
