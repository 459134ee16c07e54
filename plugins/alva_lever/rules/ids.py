"""What an id in Lever or Alva may be.

Lever's ids are UUIDs, but for slugs of what every account has (stages and archive reasons: `applicant-new`). Alva's are
opaque: numbers, UUIDs, words with digits. A name of two words, an e-mail address and a phone number with its `+` or
blanks are no ids, so that what passes may stand in a path, a log and a report.

The patterns are of the kind that Python, JSON schema and browsers read alike, since a DAG's form holds them too.
"""

from __future__ import annotations

import re

# Any id of either vendor.
ID = "[A-Za-z0-9][A-Za-z0-9_.:~=+-]{0,99}"
# The id of an opportunity, an application, a posting or a contact in Lever.
UUID = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
# What is said in the place of one that is none.
NOT_AN_ID = "(not an id)"

_ID, _UUID = re.compile(ID), re.compile(UUID)
_LETTER_AND_DIGIT = re.compile("(?=.*[A-Za-z])(?=.*[0-9])[A-Za-z0-9_-]+")


def is_id(text: str) -> bool:
    """Whether an object of either vendor may have this as its id."""
    return _ID.fullmatch(text) is not None


def is_uuid(text: str) -> bool:
    """Whether an opportunity, an application or a posting in Lever has an id like this."""
    return _UUID.fullmatch(text) is not None


def is_lever_record_id(text: str) -> bool:
    """Whether what people may have typed (an `external_id` in Alva, a run's conf) is the id of an opportunity or a
    posting in Lever.

    A UUID is, or an id with letters and digits in it: neither a word, such as a name, nor a phone number.
    """
    return is_uuid(text) or (is_id(text) and _LETTER_AND_DIGIT.fullmatch(text) is not None)


def as_id(value: object) -> str | None:
    """The id that a JSON value from outside is, as text; a whole number may be one. None for anything else."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return text if isinstance(text, str) and is_id(text) else None
