"""Every table of Sluss, brought together so that a migration can be compared with what the code expects."""

from sluss.api import models as api
from sluss.broadcast import models as broadcast
from sluss.cards import models as cards
from sluss.cases import models as cases
from sluss.channels import models as channels
from sluss.channels.oauth import models as oauth
from sluss.contacts import models as contacts
from sluss.desk import models as desk
from sluss.intake import models as intake
from sluss.kernel import audit, blobs, events, jobs, leases, loops, reactions, workspaces
from sluss.kernel.schema import metadata
from sluss.merging import models as merging
from sluss.moderation import models as moderation
from sluss.notifications import models as notifications
from sluss.outbox import models as outbox
from sluss.people import models as people
from sluss.privacy import models as privacy
from sluss.proposals import models as proposals
from sluss.replies import models as replies
from sluss.replies.canned import models as canned
from sluss.replies.macros import models as macros
from sluss.visitor import models as visitor

__all__ = [
    "api",
    "audit",
    "blobs",
    "broadcast",
    "canned",
    "cards",
    "cases",
    "channels",
    "contacts",
    "desk",
    "events",
    "intake",
    "jobs",
    "leases",
    "loops",
    "macros",
    "merging",
    "metadata",
    "moderation",
    "notifications",
    "oauth",
    "outbox",
    "people",
    "privacy",
    "proposals",
    "reactions",
    "replies",
    "visitor",
    "workspaces",
]
