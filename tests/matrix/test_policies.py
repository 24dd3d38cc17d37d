"""Who may call what, written down a second time: a route that is opened wider must be opened here as well."""

from sluss.people.access import ADMINS, PUBLISHERS, READERS, SIGNED_IN, VISITOR, Policy
from tests.matrix.test_matrix import Route, all_routes
from tests.world import Web

WITHOUT_SIGN_IN = {
    *("GET /api/openapi.json", "GET /healthz", "GET /metrics", "GET /readyz", "GET /static/{name}", "GET /app.webmanifest"),
    *("GET /sign-in", "POST /sign-in", "GET /sign-in/again", "POST /sign-in/again"),
    *("GET /sign-in/second", "POST /sign-in/second", "POST /sign-in/again/second", "POST /sign-in/passkey"),
    *("GET /forgotten", "POST /forgotten", "GET /sign-in/oidc", "GET /sign-in/oidc/callback"),
    *("GET /invitation/{token}", "POST /invitation/{token}", "POST /invitation/{token}/join", "GET /invitation/{token}/oidc"),
    *("GET /invitation/{token}/provider", "POST /invitation/{token}/provider"),
    *("GET /password/{token}", "POST /password/{token}", "GET /hooks/{workspace_id}/{inbox_id}", "POST /hooks/{workspace_id}/{inbox_id}"),
    *("GET /setup/you", "POST /setup/you", "GET /setup/company", "POST /setup/company", "GET /setup/inbox", "POST /setup/inbox"),
}
BY_VISITORS = {
    *("GET /embed/v1.js", "GET /embed/{name}", "GET /chat/{key}", "GET /chat/{key}/state"),
    *("GET /chat/{key}/live", "GET /chat/{key}/messages", "POST /chat/{key}/messages", "GET /chat/{key}/files/{file_id}"),
    *("POST /chat/{key}/typing", "POST /chat/{key}/page", "POST /chat/{key}/receipts"),
    *("POST /chat/{key}/profile", "POST /chat/{key}/identify", "POST /chat/{key}/transcript", "POST /chat/{key}/transcript/code"),
    *("GET /private/{token}", "POST /private/{token}/enter", "POST /private/{token}/device"),
}
"""What they may reach there is in tests/visitor/test_whose.py."""
BY_REVIEWERS = {
    *("POST /cases/{no}/draft", "POST /cases/{no}/files", "POST /cases/{no}/note", "POST /cases/{no}/read", "POST /cases/{no}/ready"),
    *("POST /cases/{no}/presence", "POST /cases/{no}/follow", "POST /notifications/read", "POST /lists/order"),
    "POST /api/v1/cases/{number}/notes",
    *("POST /moderation/messages/{said_id}", "POST /moderation/messages/{said_id}/undo", "POST /moderation/messages/{said_id}/stop"),
    *("POST /moderation/steps/{step_id}/refuse", "POST /moderation/answers/{waiting_id}"),  # the actions ask for the policy
    "POST /customers/{contact_id}/cards",  # asks other systems what is known; nothing of the company's changes
}
BY_WHO_ANSWERS = ("/settings/answers", "/settings/macros")
"""Who answers keeps canned answers and macros of their own; the actions guard the shared ones."""
BY_PUBLISHERS = {
    *("GET /notices/new", "POST /notices/new", "POST /notices/preview", "POST /notices/{notice_id}", "POST /notices/{notice_id}/say"),
    "POST /moderation/steps/{step_id}/confirm",
    *("POST /notices/{notice_id}/withdraw", "POST /publications/{publication_id}/retry"),
    *("POST /publications/{publication_id}/accept", "POST /publications/{publication_id}/drop"),
}
BY_ANYBODY_SIGNED_IN = {"GET /", "GET /live", "GET /live/ping", "POST /sign-out"}


def name(route: Route) -> str:
    return f"{route.method} {route.path}"


def called_by(web: Web, policy: Policy) -> set[str]:
    return {name(route) for route in all_routes(web) if route.policy == policy}


def test_what_needs_no_sign_in_is_listed(web: Web) -> None:
    assert {name(route) for route in all_routes(web) if route.policy.roles is None} == WITHOUT_SIGN_IN | BY_VISITORS
    assert called_by(web, VISITOR) == BY_VISITORS


def test_settings_are_for_administrators(web: Web) -> None:
    found = [route for route in all_routes(web) if route.path.startswith("/settings")]
    settings = {name(route) for route in found if not route.path.startswith(BY_WHO_ANSWERS)}
    assert settings | {"POST /operations/release"} == called_by(web, ADMINS)


def test_reviewers_write_nothing_but_what_is_listed(web: Web) -> None:
    """T5"""
    assert {one for one in called_by(web, READERS) if not one.startswith("GET ")} == BY_REVIEWERS


def test_who_may_speak_to_everybody_is_listed(web: Web) -> None:
    """T2"""
    assert called_by(web, PUBLISHERS) == BY_PUBLISHERS


def test_field_staff_reach_their_own_page_alone(web: Web) -> None:
    assert {one for one in called_by(web, SIGNED_IN) if " /me" not in one} == BY_ANYBODY_SIGNED_IN
