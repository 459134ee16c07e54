"""From a request's body to what the models take."""

from __future__ import annotations

from dataclasses import replace

from include.sandbox.alva.candidate import Invitee
from include.sandbox.alva.errors import wrong_field
from include.sandbox.alva.fields import Body, address, choices, flag, needed_text, text, texts
from include.sandbox.alva.positions import ASSESSMENTS, Facts


def changed_facts(body: Body, facts: Facts) -> Facts:
    """A position's facts after a PATCH: what the body has is replaced, the rest stays, what isn't a fact is ignored."""
    return Facts(
        name=needed_text(body, "name") if "name" in body else facts.name,
        external_id=_text_or(body, "external_id", facts.external_id),
        owner_email=_text_or(body, "owner_email", facts.owner_email),
        hiring_team=tuple(texts(body, "hiring_team") or ()) if "hiring_team" in body else facts.hiring_team,
        team=_text_or(body, "team", facts.team),
        location=_text_or(body, "location", facts.location),
        profile_id=_text_or(body, "profile_id", facts.profile_id),
        invitation_template_id=_text_or(body, "invitation_template_id", facts.invitation_template_id),
        assessments=_tests(body) if "assessments" in body else facts.assessments,
        archived=flag(body, "archived", facts.archived),
    )


def new_facts(body: Body, profile_id: str) -> Facts:
    """A new position's facts.

    Only the name is needed; the profile is the organisation's default unless one is named.
    """
    facts = changed_facts(body, Facts(needed_text(body, "name"), profile_id=profile_id))
    return facts if facts.profile_id is not None else replace(facts, profile_id=profile_id)


def invitee(body: Body) -> Invitee:
    """Whom to invite."""
    return Invitee(
        email=address(body),
        first_name=text(body, "first_name"),
        last_name=text(body, "last_name"),
        external_id=text(body, "external_id"),
        assessments=choices(body, "assessments", ASSESSMENTS),
        send_invitation=flag(body, "send_invitation", True),
    )


def refuse_address(body: Body) -> None:
    """Refuse to change a candidate's address: removing and adding anew is the way (Alva's article on inviting)."""
    if "email" in body:
        raise wrong_field("email", "A candidate's e-mail address can't be changed.", body["email"], "email_is_fixed")


def _tests(body: Body) -> tuple[str, ...]:
    return tuple(choices(body, "assessments", ASSESSMENTS) or ())


def _text_or(body: Body, field: str, present: str | None) -> str | None:
    return text(body, field) if field in body else present
