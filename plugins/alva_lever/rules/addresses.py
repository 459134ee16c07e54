"""E-mail addresses and names as people paste them: finds the address to invite, and splits a name.

"Invisible" means Unicode's format and control characters; a blank is any white space.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence

from email_validator import EmailNotValidError, validate_email

# No address contains these characters. They separate the entries of a list, or an address from the text around it
# (`mailto:`, `Name <...>`, `(at work)`).
_BETWEEN_ENTRIES = re.compile("[,;]")
_IN_BRACKETS = re.compile("<([^<>]*)>")
_BETWEEN_PARTS = re.compile(r'[<>()\[\]":]')
_AS_IN_CHINESE = str.maketrans("\uff0c\u3001\uff1b\uff1a\uff20", ",,;:@")
_BLANKS_AT_JOINTS = re.compile(" ?([@.]) ?")


def first_valid(emails: Sequence[str]) -> str | None:
    """Returns the first valid address as it is spelt, or None. Makes no DNS query."""
    return next((address for email in emails for address in _addresses(email)), None)


def is_missing(emails: Sequence[str]) -> bool:
    """Whether there is no address at all: every entry is empty, blank or invisible."""
    return not any(_visible(email).strip() for email in emails)


def same(one: str, other: str) -> bool:
    """Whether both are the same address, ignoring case, the spelling of the domain and the text around the address."""
    return _key(one) == _key(other)


def fingerprint(emails: Sequence[str]) -> str:
    """Returns 12 hex digits that identify these addresses in this order without revealing them.

    Hashes the text exactly as Lever has it, not what `first_valid` makes of it: existing notes contain the result, so
    it must not change between versions.
    """
    folded = "\n".join(email.strip().casefold() for email in emails)
    return hashlib.sha256(folded.encode(errors="surrogatepass")).hexdigest()[:12]


def split_name(name: str) -> tuple[str, str]:
    """Splits a name at the first blank into first and last name; either may be empty."""
    first, last = [*_visible(name).split(maxsplit=1), "", ""][:2]
    return first, last.rstrip()


def _visible(text: str) -> str:
    return "".join(letter for letter in text if letter.isspace() or unicodedata.category(letter) not in ("Cf", "Cc"))


def _addresses(text: str) -> Iterator[str]:
    """Yields the valid addresses in one field, in order; in `Name <address>`, those in the brackets come first."""
    plain = " ".join(_visible(text).translate(_AS_IN_CHINESE).split())
    for entry in _BETWEEN_ENTRIES.split(plain):
        for part in [*_IN_BRACKETS.findall(entry), _IN_BRACKETS.sub("<>", entry)]:
            for words in _BETWEEN_PARTS.split(part):
                yield from _in_words(words)


def _in_words(text: str) -> Iterator[str]:
    """Yields the addresses in words that only blanks separate.

    Removes a blank next to a dot or an at sign, since phones insert them. Yields nothing if a word next to an address
    could be part of it (`ada byron@...`): a wrong guess would invite a stranger.
    """
    for reading in (_BLANKS_AT_JOINTS.sub(r"\1", text), text):
        words = [word for word in reading.split() if any(letter.isalnum() for letter in word)]
        if not all("@" in word for word in words):
            continue
        found = [address for word in words if (address := _spelt(word)) is not None]
        if found:
            yield from found
            return


def _spelt(word: str) -> str | None:
    """Returns the word's valid address without a query (`?subject=...`) or surrounding punctuation, or None."""
    local, _, domain = word.partition("@")
    bare = f"{local}@{domain.partition('?')[0]}"
    return next((spelling for spelling in (bare, bare.strip("'.")) if _valid(spelling) is not None), None)


def _key(text: str) -> str:
    """Returns the normalized address to compare by, or the text itself if it holds no address."""
    address = next(_addresses(text), None)
    return ((_valid(address) if address else None) or text.strip()).casefold()


def _valid(address: str) -> str | None:
    try:
        checked = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return None
    return checked.normalized
