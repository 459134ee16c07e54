"""How things look on the wire: the keys and types of the recorded responses, no more and no fewer."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from include.sandbox.lever.models import (
    Application,
    Archived,
    ArchiveReason,
    Contact,
    Deleted,
    Note,
    Opportunity,
    Posting,
    Stage,
    StageChange,
    User,
    Webhook,
)

Shape = dict[str, Any]
LIST_URL = "https://hire.lever.co/candidates"
JOBS_URL = "https://jobs.lever.co/sandbox"


def opportunity(
    row: Opportunity, users: dict[str, User], expand: Collection[str] = (), *, written: bool = False
) -> Shape:
    """``written``: as the answer to a write, which leaves ``opportunityLocation`` out.

    ``expand``: what to show whole.
    """
    contact_ = row.contact
    shape: Shape = {
        "id": row.id,
        "name": contact_.name,
        "contact": contact(contact_) if "contact" in expand else contact_.id,
        "headline": contact_.headline,
        "stage": stage(row.stage) if "stage" in expand else row.stage.id,
        "confidentiality": confidentiality(row.confidential),
        "location": contact_.location,
        "phones": [dict(phone) for phone in contact_.phones],
        "emails": [*contact_.emails],
        "links": [*contact_.links],
        "archived": archived(row.archived),
        "tags": [*row.tags],
        "sources": [*row.sources],
        "stageChanges": [stage_change(change) for change in row.stage_changes],
        "origin": row.origin,
        "sourcedBy": _user(row.sourced_by, users, "sourcedBy" in expand),
        "owner": _user(row.owner, users, "owner" in expand),
        "followers": [_user(follower, users, "followers" in expand) for follower in row.followers],
        "applications": _applications(row, whole="applications" in expand),
        "createdAt": row.created_at,
        "updatedAt": row.updated_at,
        "lastInteractionAt": row.last_interaction_at,
        "lastAdvancedAt": row.last_advanced_at,
        "snoozedUntil": row.snoozed_until,
        "urls": {"list": LIST_URL, "show": f"{LIST_URL}/{row.id}"},
        "isAnonymized": contact_.anonymised,
        "dataProtection": contact_.data_protection,
    }
    if row.location is not None and not written:
        shape["opportunityLocation"] = row.location
    return shape


def application(row: Application, opportunity_id: str) -> Shape:
    return {
        "id": row.id,
        "type": row.type,
        "candidateId": opportunity_id,
        "opportunityId": opportunity_id,
        "posting": row.posting.id,
        "postingHiringManager": row.posting_hiring_manager,
        "postingOwner": row.posting_owner,
        "name": row.name,
        "company": row.company,
        "phone": row.phone,
        "email": row.email,
        "links": [],
        "comments": row.comments,
        "user": row.user,
        "customQuestions": [],
        "createdAt": row.created_at,
        "archived": archived(row.archived),
        "requisitionForHire": None,
        "ipAddress": None,
        "referer": None,
        "userAgent": None,
        "acceptLanguage": None,
        "timezone": None,
    }


def contact(row: Contact) -> Shape:
    return {
        "id": row.id,
        "name": row.name,
        "headline": row.headline,
        "isAnonymized": row.anonymised,
        "location": {"name": row.location},
        "emails": [*row.emails],
        "phones": [dict(phone) for phone in row.phones],
        "dataProtection": row.data_protection,
    }


def posting(row: Posting, users: dict[str, User], expand: Collection[str] = ()) -> Shape:
    """What the record does not know of itself is as it was recorded, or empty."""
    shown = row.state in ("published", "internal")
    url = f"{JOBS_URL}/{row.id}"
    shape: Shape = {
        "distributionChannels": ["public"] if row.state == "published" else None,
        "content": {"description": "", "descriptionHtml": "", "lists": [], "closing": "", "closingHtml": ""},
        "country": None,
        "followers": [follower for follower in dict.fromkeys((row.owner, row.hiring_manager)) if follower],
        "reqCode": None,
        "requisitionCodes": [],
        "urls": {"list": JOBS_URL, "show": url, "apply": f"{url}/apply"} if shown else None,
        "workplaceType": "unspecified",
        "transcribeInterviews": False,
        "screening": {"enabled": False},
        **row.details,
    }
    categories = {
        "commitment": row.commitment,
        "department": row.department,
        "level": None,
        "location": row.location,
        "team": row.team,
        "allLocations": [row.location] if row.location else [],
        **row.details.get("categories", {}),
    }
    return shape | {
        "id": row.id,
        "text": row.text,
        "state": row.state,
        "user": _user(row.user, users, "user" in expand),
        "owner": _user(row.owner, users, "owner" in expand),
        "hiringManager": _user(row.hiring_manager, users, "hiringManager" in expand),
        "followers": [_user(follower, users, "followers" in expand) for follower in shape["followers"]],
        "categories": categories,
        "tags": [*row.tags],
        "confidentiality": confidentiality(row.confidential),
        "createdAt": row.created_at,
        "updatedAt": row.updated_at,
    }


def note(row: Note, users: dict[str, User], expand: Collection[str] = ()) -> Shape:
    whole = "user" in expand
    fields = [
        {
            "type": "note",
            "text": "Comment",
            "value": comment.value,
            "createdAt": comment.created_at,
            "user": _user(comment.user, users, whole),
            "score": comment.score,
            "stage": comment.stage,
        }
        for comment in row.comments
    ]
    return {
        "id": row.id,
        "text": "Note",
        "fields": fields,
        "user": _user(row.user, users, whole),
        "secret": row.secret,
        "completedAt": row.created_at,
        "createdAt": row.created_at,
        "deletedAt": None,
    }


def user(row: User) -> Shape:
    return {
        "id": row.id,
        "name": row.name,
        "username": row.username,
        "email": row.email,
        "accessRole": row.access_role,
        "photo": row.photo,
        "createdAt": row.created_at,
        "deactivatedAt": row.deactivated_at,
        "externalDirectoryId": row.external_directory_id,
        "linkedContactIds": row.linked_contact_ids,
        "jobTitle": row.job_title,
        "managerId": row.manager_id,
    }


def stage(row: Stage) -> Shape:
    return {"id": row.id, "text": row.text}


def disposition_stage(row: Stage) -> Shape:
    return {
        "id": row.id,
        "text": row.text,
        "pipeline": row.pipeline,
        "rank": row.rank,
        "hasInterview": row.has_interview,
    }


def archive_reason(row: ArchiveReason) -> Shape:
    return {"id": row.id, "text": row.text, "status": row.status, "type": row.type}


def disposition_reason(row: ArchiveReason) -> Shape:
    """As ``/disposition_stages`` shows it: only ``hired`` is named as a type there."""
    return {"id": row.id, "text": row.text, "type": row.type if row.type == "hired" else None, "status": row.status}


def webhook(row: Webhook, *, with_token: bool = False) -> Shape:
    """Lever shows the signing token once, in the answer that makes the webhook."""
    configuration: Shape = {} if row.origins is None else {"conditions": {"origins": [*row.origins]}}
    if with_token:
        configuration["signatureToken"] = row.signature_token
    return {
        "id": row.id,
        "event": row.event,
        "url": row.url,
        "configuration": configuration,
        "createdAt": row.created_at,
        "updatedAt": row.updated_at,
    }


def deleted(row: Deleted) -> Shape:
    """An opportunity, a posting or an application that is gone. Further fields are not documented."""
    shape: Shape = {"id": row.id, "deletedAt": row.at}
    if row.opportunity is not None:
        return shape | {"opportunityId": row.opportunity, "postingId": row.posting}
    return shape | {"deletedBy": row.by}


def confidentiality(confidential: bool) -> str:
    return "confidential" if confidential else "non-confidential"


def archived(row: Archived | None) -> Shape | None:
    return None if row is None else {"reason": row.reason, "archivedAt": row.at}


def stage_change(row: StageChange) -> Shape:
    """``userId`` is absent where nobody is known to have done it."""
    shape: Shape = {"toStageId": row.stage_id, "toStageIndex": row.index, "updatedAt": row.at}
    return shape if row.user_id is None else shape | {"userId": row.user_id}


def _applications(row: Opportunity, *, whole: bool) -> list[str | Shape]:
    if row.application is None:
        return []
    return [application(row.application, row.id) if whole else row.application.id]


def _user(uid: str | None, users: dict[str, User], whole: bool) -> str | Shape | None:
    return user(users[uid]) if whole and uid in users else uid
