"""Every route of the settings."""

from sluss.settings import inbox_routes, people_routes, watch_routes

ROUTES = [*watch_routes.ROUTES, *inbox_routes.ROUTES, *people_routes.ROUTES]
