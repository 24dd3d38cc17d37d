"""Where people reach a workspace. In: the settings. Out: what links that leave a page begin with. Never what a request claims."""

from __future__ import annotations

from urllib.parse import urlsplit

import sqlalchemy as sa

from sluss.config import Config
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import get_workspace, workspaces


def home_of(tx: Tx, config: Config, workspace_id: int, port: int = 0) -> str:
    """The configured address; where several workspaces live, with the host name that leads to this one. No slash at the end."""
    base = config.base_url.rstrip("/")
    if not base:
        return f"http://{config.host}:{port or config.port}"
    several = int(tx.value(sa.select(sa.func.count()).select_from(workspaces))) > 1
    host = get_workspace(tx, workspace_id).host if several else ""
    parts = urlsplit(base)
    if not host or host == parts.hostname:
        return base
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")
