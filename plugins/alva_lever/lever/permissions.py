"""What the integration needs of Lever: of a key its permissions, of a grant its scopes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Permission:
    """`resource`: as Lever's paths call it. `writes`: whether writing is needed, which includes reading. `without`:
    what is lost without it; empty if nothing works then."""

    resource: str
    writes: bool = False
    without: str = ""

    @property
    def name(self) -> str:
        """As Lever's settings call it."""
        return self.resource.replace("_", " ")

    @property
    def scope(self) -> str:
        """As OAuth calls it."""
        return scope_of(self.resource, writes=self.writes)

    def __str__(self) -> str:
        return f"{self.name}: {'read and write' if self.writes else 'read'}"


def scope_of(resource: str, *, writes: bool) -> str:
    """Returns the scope that a grant needs for a resource."""
    return f"{resource}:{'write' if writes else 'read'}:admin"


OPPORTUNITIES = Permission("opportunities", writes=True)
NOTES = Permission("notes", writes=True)
APPLICATIONS = Permission("applications")
POSTINGS = Permission("postings")
STAGES = Permission("stages")
ARCHIVE_REASONS = Permission("archive_reasons")
USERS = Permission("users")
TAGS = Permission("tags", without="tags that are nearly a control tag are not reported")
WEBHOOKS = Permission("webhooks", writes=True, without="webhooks can't be registered from here")
PERMISSIONS = (OPPORTUNITIES, NOTES, APPLICATIONS, POSTINGS, STAGES, ARCHIVE_REASONS, USERS, TAGS, WEBHOOKS)

SCOPES = (*(permission.scope for permission in PERMISSIONS), "offline_access")
_RESOURCES = {permission.resource for permission in PERMISSIONS}


def resource_of(path: str) -> str:
    """Returns the resource that a path of the API is about: the last one in it, such as `notes` for an opportunity's
    notes."""
    names = path.split("/")[1::2]
    return next((name for name in reversed(names) if name in _RESOURCES), names[0] if names else path)
