"""What every test can ask for. Servers, databases and pages: tests/servers."""

pytest_plugins = ["tests.servers.fixtures"]
