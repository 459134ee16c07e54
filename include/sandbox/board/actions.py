"""What a person can do on the board: each is a move of the control plane, made with the fields of a form."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.datastructures import FormData

from include.sandbox.simulation import Simulation
from include.sandbox.world import Naming


class Fields:
    """The fields of a form. ValueError for one that is missing or no number."""

    def __init__(self, form: FormData) -> None:
        self._form = form

    def text(self, name: str) -> str:
        found = self.optional(name)
        if not found:
            raise ValueError(f"Please fill in: {name.replace('_', ' ')}.")
        return found

    def optional(self, name: str) -> str:
        """Returns "" for a field that is empty or left out."""
        found = self._form.get(name)
        return found.strip() if isinstance(found, str) else ""

    def texts(self, name: str) -> list[str]:
        return [value for value in self._form.getlist(name) if isinstance(value, str) and value]

    def role_fit(self) -> float | None:
        """Returns the role fit, None if the field is empty."""
        found = self.optional("role_fit")
        if not found:
            return None
        try:
            score = float(found)
        except ValueError:
            raise ValueError("A role fit is a number from 0 to 100.") from None
        if not 0 <= score <= 100:
            raise ValueError("A role fit is a number from 0 to 100.")
        return score

    @property
    def opportunity(self) -> str:
        return self.text("opportunity")


Action = Callable[[Simulation, Fields], str]
"""Makes a move and says in a sentence what happened. The errors are those of the move."""


def _move(world: Simulation, form: Fields) -> str:
    stage = form.text("stage")
    world.recruiter.move(form.opportunity, stage)
    return f"{_name(world, form)} is in {Naming(world.world).stage(stage).text} now."


def _tag(world: Simulation, form: Fields) -> str:
    world.recruiter.tag(form.opportunity, form.text("tag"))
    return f"{_name(world, form)} has the tag “{form.text('tag')}”."


def _untag(world: Simulation, form: Fields) -> str:
    world.recruiter.untag(form.opportunity, form.text("tag"))
    return f"{_name(world, form)} no longer has the tag “{form.text('tag')}”."


def _archive(world: Simulation, form: Fields) -> str:
    reason = form.text("reason")
    world.recruiter.archive(form.opportunity, reason)
    return f"{_name(world, form)} is archived: {Naming(world.world).reason(reason).text}."


def _unarchive(world: Simulation, form: Fields) -> str:
    world.recruiter.unarchive(form.opportunity)
    return f"{_name(world, form)} is back in the pipeline."


def _hire(world: Simulation, form: Fields) -> str:
    world.recruiter.hire(form.opportunity)
    return f"{_name(world, form)} is hired."


def _delete(world: Simulation, form: Fields) -> str:
    name = _name(world, form)
    world.recruiter.delete(form.opportunity)
    return f"{name} is deleted."


def _note(world: Simulation, form: Fields) -> str:
    world.recruiter.add_note(form.opportunity, form.text("note"))
    return f"{_name(world, form)} has a note more."


def _email(world: Simulation, form: Fields) -> str:
    email = form.optional("email")
    world.recruiter.set_emails(form.opportunity, [email] if email else [])
    return f"{_name(world, form)} has {'another address' if email else 'no address'} now."


def _link(world: Simulation, form: Fields) -> str:
    world.recruiter.apply_lead(form.opportunity, form.text("posting"))
    return f"{_name(world, form)} has a posting now."


def _add(world: Simulation, form: Fields) -> str:
    """Without a posting, the person is a lead."""
    name, email, posting = form.text("name"), form.optional("email"), form.optional("posting")
    emails = [email] if email else []
    origin = form.optional("origin") or "applied"
    if posting:
        world.recruiter.apply(posting, name, emails, origin=origin)
    else:
        world.recruiter.add_lead(name, emails, origin=origin)
    return f"{name} {'is a candidate' if posting else 'is a lead'} now."


def _add_posting(world: Simulation, form: Fields) -> str:
    name = form.text("name")
    world.recruiter.add_posting(name, tags=form.texts("tags"))
    return f"There is a posting “{name}” now."


def _webhooks(world: Simulation, form: Fields) -> str:
    on = form.text("on") == "yes"
    world.recruiter.switch_webhooks(on)
    return f"Lever's webhooks are switched {'on' if on else 'off'}."


def _finish(world: Simulation, form: Fields) -> str:
    world.candidates.finish(form.opportunity, form.role_fit())
    return "The tests are completed."


def _refit(world: Simulation, form: Fields) -> str:
    world.candidates.refit(form.opportunity, form.role_fit())
    return "The role fit is another one."


def _bounce(world: Simulation, form: Fields) -> str:
    world.candidates.bounce(form.opportunity)
    return "The invitation e-mail came back."


def _reset(world: Simulation, form: Fields) -> str:
    world.candidates.reset(form.opportunity)
    return "The tests are reset: they can be taken again."


ACTIONS: Mapping[str, Action] = {
    "move": _move,
    "tag": _tag,
    "untag": _untag,
    "archive": _archive,
    "unarchive": _unarchive,
    "hire": _hire,
    "delete": _delete,
    "note": _note,
    "email": _email,
    "link": _link,
    "add": _add,
    "add-posting": _add_posting,
    "webhooks": _webhooks,
    "finish": _finish,
    "refit": _refit,
    "bounce": _bounce,
    "reset": _reset,
}


def _name(world: Simulation, form: Fields) -> str:
    with world.world.lock:
        return Naming(world.world).opportunity(form.opportunity).contact.name or "The candidate"
