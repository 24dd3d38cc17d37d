"""Every route of the settings."""

from sluss.settings import (
    answer_routes,
    attribute_routes,
    card_routes,
    chat_routes,
    consent_routes,
    factor_routes,
    inbox_routes,
    invitation_routes,
    letter_routes,
    macro_routes,
    moderation_routes,
    network_routes,
    people_routes,
    privacy_routes,
    provider_routes,
    token_routes,
    watch_routes,
)

ROUTES = [
    *watch_routes.ROUTES,
    *inbox_routes.ROUTES,
    *chat_routes.ROUTES,
    *consent_routes.ROUTES,
    *network_routes.ROUTES,
    *people_routes.ROUTES,
    *moderation_routes.ROUTES,
    *privacy_routes.ROUTES,
    *factor_routes.ROUTES,
    *token_routes.ROUTES,
    *invitation_routes.ROUTES,
    *letter_routes.ROUTES,
    *provider_routes.ROUTES,
    *attribute_routes.ROUTES,
    *card_routes.ROUTES,
    *answer_routes.ROUTES,
    *macro_routes.ROUTES,
]

UPLOADS = [*answer_routes.UPLOADS]
"""Routes that take files, and so larger bodies than the others."""
