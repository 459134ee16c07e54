"""The form for the options: what it shows, and how it is checked and saved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from airflow.sdk import Variable

from alva_lever.account import Account
from alva_lever.connect import read_variable, shared
from alva_lever.http.errors import ApiError
from alva_lever.rules.model import Stage
from alva_lever.settings import BadOption, Fault, NoOptions, Options, read_options, resolve
from alva_lever.web import airflow_store
from alva_lever.web.setup_connections import variable_kept_elsewhere

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
    options, faults, first = Options(dry_run=True), list[Fault](), False
    try:
        options = read_variable(account)
    except NoOptions:
        first = True
    except BadOption as bad:
        faults += bad.faults
    except ApiError as error:
        faults.append(Fault("", error.said, error.remedy))
    stages, problem = _stages(account)
    if stages and not first and not faults:
        faults += _unresolved(options, stages)
    return OptionsForm(
        _stage_id(options.trigger_stage, stages),
        _stage_id(options.progression_stage, stages),
        frozenset(options.blocked_origins),
        options.dry_run,
        first,
        variable_kept_elsewhere(account.settings_variable),
        stages,
        problem,
        _by_option(faults),
        seen,
    )


def save(
    account: Account,
    *,
    seen: str,
    trigger_stage: str,
    progression_stage: str,
    blocked_origins: Collection[str],
    live: bool,
) -> OptionsForm:
    """Saves the options, if they can be used; else the form that is returned has faults. The first options begin as a
    rehearsal. Where Lever can't be asked, the stages are taken as they are. `seen`: of the form that is sent; options
    that were changed since are not written over, so that nobody ends a rehearsal without seeing it.

    :raises NotWritten: Airflow's database can't be read or written.
    """
    first = _is_unset(account)
    value: dict[str, object] = {"trigger_stage": trigger_stage.strip()}
    if progression_stage.strip():
        value["progression_stage"] = progression_stage.strip()
    if blocked_origins:
        value["blocked_origins"] = sorted(blocked_origins)
    if first or not live:
        value["dry_run"] = True
    stages, problem = _stages(account)
    faults: list[Fault] = []
    elsewhere = variable_kept_elsewhere(account.settings_variable)
    try:
        options = read_options(value)
    except BadOption as bad:
        faults += bad.faults
    else:
        if not trigger_stage.strip():
            faults.append(Fault("trigger_stage", "Choose the stage from which invitations are sent"))
        elif stages:
            faults += _unresolved(options, stages)
    if elsewhere:
        faults.append(Fault("", elsewhere))
    if seen and seen != _mark(account):
        changed = "The options were changed while this form was open"
        faults.append(Fault("", changed, "Load the page again, and see them"))
    if not faults:
        airflow_store.write_variable(account.settings_variable, json.dumps(value, indent=2), description=_DESCRIPTION)
    return OptionsForm(
        trigger_stage,
        progression_stage,
        frozenset(blocked_origins),
        first or not live,
        first,
        elsewhere,
        stages,
        problem,
        _by_option(faults),
        seen,
    )


def _mark(account: Account) -> str:
    """Returns what changes with the stored options."""
    text = Variable.get(account.settings_variable, default=None)
    return hashlib.sha256((text or "").encode()).hexdigest()[:16]


def _stages(account: Account) -> tuple[Sequence[Stage], str]:
    try:
        return shared(account).lever().stages(), ""
    except ApiError as error:
        return (), str(error)


def _unresolved(options: Options, stages: Sequence[Stage]) -> Sequence[Fault]:
    try:
        resolve(options, stages)
    except BadOption as bad:
        return bad.faults
    return ()


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
