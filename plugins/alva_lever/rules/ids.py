"""What an id in Lever or Alva looks like.

Lever's ids are UUIDs, except for the slugs of stages and archive reasons that every account has (`applicant-new`).
Alva's ids are opaque: numbers, UUIDs, words with digits. A name of two words, an e-mail address and a phone number with
a `+` or blanks are not ids, so an id is safe in a path, a log and a report.

Python, JSON schema and browsers all read these patterns the same way, since a DAG's form uses them too.
"""

from __future__ import annotations

import re

# Any id of either vendor.
ID = "[A-Za-z0-9][A-Za-z0-9_.:~=+-]{0,99}"
# The id of an opportunity, an application, a posting or a contact in Lever.
UUID = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
# Stands in a report for a text that is not an id.
NOT_AN_ID = "(not an id)"

_ID, _UUID = re.compile(ID), re.compile(UUID)
# The address of a candidate's page in Lever, with the id in it.
_PAGE = re.compile(rf"^https://[a-z.]+/candidates/({UUID})(?:[/?#].*)?$")
_LETTER_AND_DIGIT = re.compile("(?=.*[A-Za-z])(?=.*[0-9])[A-Za-z0-9_-]+")


def is_id(text: str) -> bool:
    """Whether this can be an id in Lever or Alva."""
    return _ID.fullmatch(text) is not None


def is_uuid(text: str) -> bool:
    """Whether this can be the id of an opportunity, an application or a posting in Lever."""
    return _UUID.fullmatch(text) is not None


def is_lever_record_id(text: str) -> bool:
    """Whether a text that people can type (an `external_id` in Alva, a run's conf) can be the id of an opportunity or a
    posting in Lever.

    Accepts a UUID, or an id with both letters and digits, so that neither a name nor a phone number passes.
    """
    return is_uuid(text) or (is_id(text) and _LETTER_AND_DIGIT.fullmatch(text) is not None)


def id_in(text: str) -> str:
    """Returns the id in the address of a candidate's page in Lever, or the text itself if it is a UUID, in lower case
    as Lever writes it. Any other text is returned without the blanks around it: it may be anything that a person has
    typed."""
    found = _PAGE.sub(r"\1", text.strip())
    return found.lower() if is_uuid(found) else found


def as_id(value: object) -> str | None:
    """Returns the id in a JSON value as text; a whole number can be an id. Returns None for anything else."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return text if isinstance(text, str) and is_id(text) else None
