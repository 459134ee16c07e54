"""E-mail addresses and names as people paste them: which address an invitation can go to, and what a name consists of.

Invisible here is what Unicode calls a format or control character; a blank is white space of any kind.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence

from email_validator import EmailNotValidError, validate_email

# None of these stands in an address, so that each parts two things: entries of a list, or an address and what is
# written about it (`mailto:`, `Name <...>`, `(at work)`).
_BETWEEN_ENTRIES = re.compile("[,;]")
_IN_BRACKETS = re.compile("<([^<>]*)>")
_BETWEEN_PARTS = re.compile(r'[<>()\[\]":]')
_AS_IN_CHINESE = str.maketrans("\uff0c\u3001\uff1b\uff1a\uff20", ",,;:@")
_BLANKS_AT_JOINTS = re.compile(" ?([@.]) ?")


def first_valid(emails: Sequence[str]) -> str | None:
    """The first one that an e-mail can be sent to, as it is spelt; None if there is none. Nothing is looked up."""
    return next((address for email in emails for address in _addresses(email)), None)


def is_missing(emails: Sequence[str]) -> bool:
    """Whether there is no address at all: none but those that consist of blanks and invisible characters."""
    return not any(_visible(email).strip() for email in emails)


def same(one: str, other: str) -> bool:
    """Whether two addresses are one: without regard to case, to how a domain is spelt, or to what is around them."""
    return _key(one) == _key(other)


def fingerprint(emails: Sequence[str]) -> str:
    """Twelve characters that stand for these addresses in their order, and from which none can be read.

    They are taken from the text as it stands in Lever, whatever `first_valid` reads in it: notes that were written by
    any version keep them.
    """
    folded = "\n".join(email.strip().casefold() for email in emails)
    return hashlib.sha256(folded.encode(errors="surrogatepass")).hexdigest()[:12]


def split_name(name: str) -> tuple[str, str]:
    """First and last name, apart at the first blank; either may be empty."""
    first, last = [*_visible(name).split(maxsplit=1), "", ""][:2]
    return first, last.rstrip()


def _visible(text: str) -> str:
    return "".join(letter for letter in text if letter.isspace() or unicodedata.category(letter) not in ("Cf", "Cc"))


def _addresses(text: str) -> Iterator[str]:
    """Those in one field that are valid, in their order. What stands in angle brackets comes before its name."""
    plain = " ".join(_visible(text).translate(_AS_IN_CHINESE).split())
    for entry in _BETWEEN_ENTRIES.split(plain):
        for part in [*_IN_BRACKETS.findall(entry), _IN_BRACKETS.sub("<>", entry)]:
            for words in _BETWEEN_PARTS.split(part):
                yield from _in_words(words)


def _in_words(text: str) -> Iterator[str]:
    """The addresses among words with nothing but blanks between them.

    A blank beside a dot or an at sign is taken off (phones put them there). A word beside an address may be the other
    half of it (`ada byron@...`): an invitation would then go to a stranger, so it is not guessed which.
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
    """The valid address that the word is, without a query (`?subject=...`) or the marks of a sentence around it."""
    local, _, domain = word.partition("@")
    bare = f"{local}@{domain.partition('?')[0]}"
    return next((spelling for spelling in (bare, bare.strip("'.")) if _valid(spelling) is not None), None)


def _key(text: str) -> str:
    """What is equal for the same address; of a text that is none, the text itself."""
    address = next(_addresses(text), None)
    return ((_valid(address) if address else None) or text.strip()).casefold()


def _valid(address: str) -> str | None:
    try:
        checked = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return None
    return checked.normalized
