"""What every Lever account has before anybody applies: a pipeline, archive reasons, users.

Built-in stages have slugs for ids, those that a customer adds have UUIDs. The ranks are of the kind seen in recorded
traffic. Stages and reasons have the same ids in every world, since people write them into their settings.
"""

from __future__ import annotations

from include.sandbox.ids import fixed_uuid
from include.sandbox.lever.account import LeverAccount
from include.sandbox.lever.models import ArchiveReason, Stage, User

_STAGES: tuple[tuple[str | None, str, str, float, bool], ...] = (
    ("lead-new", "New lead", "lead", 1, False),
    ("lead-reached-out", "Reached out", "lead", 3, False),
    ("lead-responded", "Responded", "lead", 5, False),
    ("applicant-new", "New applicant", "applicant", 101, False),
    (None, "Assessment", "applicant", 105.5, False),
    (None, "Recruiter screen", "screen", 201, True),
    (None, "Manager screen", "onsite", 230.5, True),
    (None, "On-site interview", "onsite", 231, True),
    (None, "Reference check", "onsite", 231.5, True),
    ("offer", "Offer", "offer", 261, False),
    (None, "Background check", "offer", 265.5, False),
)
_REASONS = (
    ("Underqualified", "non-hired", "active"),
    ("Withdrew", "non-hired", "active"),
    ("Offer declined", "non-hired", "active"),
    ("Position closed", "non-hired", "active"),
    ("Timing", "non-hired", "active"),
    ("Unresponsive (old)", "non-hired", "inactive"),
    ("Hired", "hired", "active"),
)
_USERS = (  # the first is the recruiter who does what nobody else is named for
    ("Robin Vik", "super admin", "Recruiter"),
    ("Sasha Lund", "admin", "Head of Talent"),
    ("Mika Strand", "team member", "Engineering manager"),
    ("Jo Berg", "limited team member", "Sales manager"),
)
_USERS_SINCE_MS = 1_600_000_000_000
_DAY_MS = 86_400_000


def furnish(account: LeverAccount) -> None:
    """Puts them into an empty account."""
    account.set_stages(
        Stage(slug or fixed_uuid(f"stage {text}"), text, pipeline, rank, has_interview)
        for slug, text, pipeline, rank, has_interview in _STAGES
    )
    for text, kind, status in _REASONS:
        reason = ArchiveReason(fixed_uuid(f"reason {text}"), text, kind, status)
        account.archive_reasons[reason.id] = reason
    for place, (name, role, title) in enumerate(_USERS):
        username = name.lower().replace(" ", ".")
        created_at = _USERS_SINCE_MS + place * _DAY_MS
        user = User(
            fixed_uuid(f"user {name}"),
            name,
            f"{username}@hiring.example.com",
            created_at,
            role,
            job_title=title,
            username=username,
        )
        account.users[user.id] = user
