"""What recruiters read: the notes about an invitation that failed or came back."""

from __future__ import annotations

from alva_lever.rules import tags
from alva_lever.rules.asking import Failure
from alva_lever.rules.settings import Settings

# As much as a note repeats of what Alva said.
_SAID_CHARACTERS = 500
_WRONG = {
    Failure.MISSING_EMAIL: "The candidate has no e-mail address.",
    Failure.INVALID_EMAIL: "None of the candidate's e-mail addresses is a valid one.",
    Failure.NO_POSTING: "The candidate is on no posting, so Alva has no job to invite to.",
    Failure.REFUSED_BY_ALVA: "Alva did not take the candidate.",
}
_MEND = {
    Failure.MISSING_EMAIL: "Add an address.",
    Failure.INVALID_EMAIL: "Correct the address.",
    Failure.NO_POSTING: "Add the candidate to a posting.",
    Failure.REFUSED_BY_ALVA: "See in Alva what stands in the way.",
}
ALREADY_ON_JOB = (
    "A candidate with this e-mail address is on the job already: for another opportunity, or added in Alva by hand."
)


def failure_note(failure: Failure, *, settings: Settings, ref: str, detail: str | None = None) -> str:
    """What is wrong, and how to ask again. `detail`: more about it, such as what Alva said."""
    said = " ".join((detail or "").split())[:_SAID_CHARACTERS]
    wrong = f"{_WRONG[failure]} {said}".rstrip()
    again = [f"move the candidate to another stage and back to {settings.trigger_stage.name}"]
    if failure is not Failure.REFUSED_BY_ALVA:
        again.append(f"with the tag {tags.SEND_TESTS}, wait for the next look: that it is mended is enough")
    return _note("Alva: the invitation was not sent.", wrong, _MEND[failure], again, ref)


def bounce_note(*, settings: Settings, ref: str) -> str:
    """The invitation e-mail came back."""
    again = [
        f"move the candidate to another stage and back to {settings.trigger_stage.name}",
        f"with the tag {tags.SEND_TESTS}, put the right address first: that is enough",
    ]
    wrong = "The e-mail to the candidate came back."
    return _note("Alva: the invitation bounced.", wrong, "Correct the address.", again, ref)


def _note(title: str, wrong: str, mend: str, again: list[str], ref: str) -> str:
    ways = "; or ".join([*again, "have somebody who runs the integration name the candidate in a manual run"])
    return f"{title}\n\n{wrong}\n\nWhat to do: {mend} Then, to have it sent: {ways}.\n\n{ref}"
