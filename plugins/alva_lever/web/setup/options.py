"""The form for the options: what it shows, and how it is checked and saved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from airflow.sdk import Variable

from alva_lever.account import Account
from alva_lever.connect import read_variable, shared
from alva_lever.http.errors import ApiError
from alva_lever.rules.model import Stage
from alva_lever.settings import BadOption, Fault, NoOptions, Options, read_options, resolve
from alva_lever.web import airflow_store
from alva_lever.web.setup.connections import variable_kept_elsewhere

_DESCRIPTION = "Options of the integration of Lever and Alva; set on its page"


@dataclass(frozen=True, slots=True)
class OptionsForm:
    """What the form shows. `stages`: the account's pipeline, empty if Lever can't be asked, and `stages_problem` says
    why. `first`: no options are set yet. `faults`: sentences by option, "" for those of no option. `seen`: tells
    whether the options have changed since the form was shown."""

    trigger_stage: str = ""
    progression_stage: str = ""
    blocked_origins: frozenset[str] = frozenset()
    dry_run: bool = True
    first: bool = False
    kept_elsewhere: str = ""
    stages: Sequence[Stage] = ()
    stages_problem: str = ""
    faults: Mapping[str, Sequence[str]] = field(default_factory=dict)
    seen: str = ""


def stored(account: Account) -> OptionsForm:
    """Returns the form with the options that are set, and what is wrong with them."""
    seen = _mark(account)
    read, faults, first = None, list[Fault](), False
    try:
        read = read_variable(account)
    except NoOptions:
        first = True
    except BadOption as bad:
        faults, read = list(bad.faults), bad.options
    except ApiError as error:
        faults.append(Fault("", error.said, error.remedy))
    form = _of_account(account, OptionsForm(first=first, seen=seen))
    if form.stages and read is not None:
        faults = _checked(read, form.stages, faults)
    options = read or Options(dry_run=True)
    return replace(
        form,
        trigger_stage=_stage_id(options.trigger_stage, form.stages),
        progression_stage=_stage_id(options.progression_stage, form.stages),
        blocked_origins=frozenset(options.blocked_origins),
        dry_run=options.dry_run,
        faults=_by_option(faults),
    )


def save(account: Account, sent: OptionsForm) -> OptionsForm:
    """Saves the options that a person has sent, if they can be used; else the form that is returned has faults. The
    first options begin as a rehearsal. Where Lever can't be asked, the stages are taken as they are. Options that were
    changed since the form was shown are not written over, so that nobody ends a rehearsal without seeing it.

    :raises NotWritten: Airflow's database can't be read or written.
    """
    first = _is_unset(account)
    form = _of_account(account, replace(sent, first=first, dry_run=first or sent.dry_run))
    value: dict[str, object] = {"trigger_stage": form.trigger_stage.strip()}
    if form.progression_stage.strip():
        value["progression_stage"] = form.progression_stage.strip()
    if form.blocked_origins:
        value["blocked_origins"] = sorted(form.blocked_origins)
    if form.dry_run:
        value["dry_run"] = True
    faults: list[Fault] = []
    try:
        read: Options | None = read_options(value)
    except BadOption as bad:
        faults, read = list(bad.faults), bad.options
    if not form.trigger_stage.strip():
        faults.append(Fault("trigger_stage", "Choose the stage from which invitations are sent"))
    elif form.stages and read is not None:
        faults = _checked(read, form.stages, faults)
    if form.kept_elsewhere:
        faults.append(Fault("", form.kept_elsewhere))
    if form.seen and form.seen != _mark(account):
        changed = "The options were changed while this form was open"
        faults.append(Fault("", changed, "Load the page again, and see them"))
    if not faults:
        airflow_store.write_variable(account.settings_variable, json.dumps(value, indent=2), description=_DESCRIPTION)
    return replace(form, faults=_by_option(faults))


def _of_account(account: Account, form: OptionsForm) -> OptionsForm:
    """Returns the form with what is the account's: its stages, and whether its options can be changed here."""
    elsewhere = variable_kept_elsewhere(account.settings_variable)
    form = replace(form, kept_elsewhere=elsewhere)
    try:
        return replace(form, stages=shared(account).lever().stages())
    except ApiError as error:
        return replace(form, stages_problem=str(error))


def _mark(account: Account) -> str:
    """Returns what changes with the stored options."""
    text = Variable.get(account.settings_variable, default=None)
    return hashlib.sha256((text or "").encode()).hexdigest()[:16]


def _checked(options: Options, stages: Sequence[Stage], found: Sequence[Fault]) -> list[Fault]:
    """Returns all that is wrong: what was found before, and the stages that the account doesn't have."""
    try:
        resolve(options, stages, found)
    except BadOption as bad:
        return list(bad.faults)
    return []


def _is_unset(account: Account) -> bool:
    try:
        read_variable(account)
    except NoOptions:
        return True
    except (BadOption, ApiError):
        pass
    return False


def _stage_id(wanted: object, stages: Sequence[Stage]) -> str:
    """Returns the id of a stage that an option names; what stands there if there is no such stage."""
    found = [stage.id for stage in stages if wanted in (stage.id, stage.name)]
    return found[0] if len(found) == 1 else wanted if isinstance(wanted, str) else ""


def _by_option(faults: Sequence[Fault]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for fault in faults:
        found.setdefault(fault.option, []).append(fault.text)
    return found
