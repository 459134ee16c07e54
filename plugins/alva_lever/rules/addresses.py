"""Which of a candidate's e-mail addresses an invitation can go to."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from email_validator import EmailNotValidError, validate_email


def first_valid(emails: Sequence[str]) -> str | None:
    """The first one that an e-mail can be sent to, as it is spelt; None if there is none. Nothing is looked up."""
    return next((email.strip() for email in emails if _valid(email) is not None), None)


def same(one: str, other: str) -> bool:
    """Whether two addresses are one: without regard to case, or to how a domain is spelt."""
    return (_valid(one) or one.strip()).casefold() == (_valid(other) or other.strip()).casefold()


def fingerprint(emails: Sequence[str]) -> str:
    """Twelve characters that stand for these addresses in their order, and from which none can be read."""
    folded = "\n".join(email.strip().casefold() for email in emails)
    return hashlib.sha256(folded.encode(errors="surrogatepass")).hexdigest()[:12]


def _valid(email: str) -> str | None:
    try:
        checked = validate_email(email.strip(), check_deliverability=False)
    except EmailNotValidError:
        return None
    return checked.normalized
