"""The checks that ask Lever and Alva. They read a row of each thing, at a tenth of Lever's limit, and write nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

from alva_lever.account import Account
from alva_lever.alva.assumptions import Look
from alva_lever.alva.hook import AlvaHook
from alva_lever.connect import lever_hook, read_variable, shared
from alva_lever.http.errors import ApiError, Forbidden, MissingPermission
from alva_lever.http.hook import VendorHook
from alva_lever.lever import permission_check, permissions
from alva_lever.lever.deliveries import KIND_OF
from alva_lever.lever.hook import LeverHook
from alva_lever.lever.oauth import GRANT_AGAIN
from alva_lever.lever.permission_check import Seen
from alva_lever.rules.events import Kind
from alva_lever.rules.window import to_the_minute
from alva_lever.settings import BadOption, Fault, resolve
from alva_lever.web import airflow_setup
from alva_lever.web.airflow_internals import base_url
from alva_lever.web.checks.finding import Finding, State, guarded, wrong
from alva_lever.web.checks.local import is_usable
from alva_lever.web.registration import CannotRegister, Registration, webhook_url


def live(account: Account) -> Iterator[Finding]:
    """Yields what Lever and Alva show. It takes about fifteen seconds."""
    yield from guarded("Lever", partial(_lever, account))
    yield from guarded("Deliveries", partial(deliveries, account))
    yield from guarded("Alva", partial(_alva, AlvaHook(account.alva_conn_id)))


def _lever(account: Account) -> Iterator[Finding]:
    # By a hook of its own, since this replaces the hook's access.
    if not is_usable(lever_hook(account)):
        # The local checks have said it.
        return
    lever = shared(account).lever()
    answer = _answer(lever)
    yield answer
    if not answer.is_fault:
        yield from guarded("Lever's permissions", partial(lever_permissions, lever))
        yield from guarded("Stages of the options", partial(stages, account, lever))
        yield from guarded("Lever's webhooks", partial(webhooks, account, lever))


def _alva(alva: AlvaHook) -> Iterator[Finding]:
    if not is_usable(alva):
        return
    answer = _answer(alva)
    yield answer
    if not answer.is_fault:
        yield from guarded("Alva's API", partial(assumptions, alva))


def _answer(hook: VendorHook) -> Finding:
    try:
        return Finding(hook.vendor, State.DONE, hook.check())
    except ApiError as error:
        return wrong(hook.vendor, error, link="connections")


def lever_permissions(lever: LeverHook) -> Iterator[Finding]:
    """Whether the key or the grant has each permission, as far as reading shows it."""
    by_key = lever.has_key()
    for seen in permission_check.look(lever):
        yield _permission(seen, by_key=by_key)
    written = (permissions.OPPORTUNITIES, permissions.NOTES)
    if by_key:
        remedy = "Look at the key's permissions when you make it in Lever; they can't be changed later"
    else:
        scopes = " and ".join(f"`{one.scope}`" for one in written)
        remedy = f"See that your OAuth app at Lever has the scopes {scopes}; if it got one later, grant access again"
    yield Finding(
        "Permission to write",
        State.OPEN,
        f"Whether {_holder(by_key=by_key)} may also write ({', '.join(map(str, written))}) is seen only by writing, "
        "which this check doesn't do",
        remedy,
    )


def _holder(*, by_key: bool) -> str:
    return "the key" if by_key else "the access that was granted"


def _permission(seen: Seen, *, by_key: bool) -> Finding:
    permission, error = seen.permission, seen.error
    subject, holder = f"Permission {permission}", _holder(by_key=by_key)
    holder = holder[0].upper() + holder[1:]
    if seen.nothing_to_read:
        said = f"It could not be seen: there was {seen.nothing_to_read}"
        return Finding(subject, State.OPEN, said, "Check again when there is one")
    if error is None:
        return Finding(subject, State.DONE, f"{holder} may read {permission.name}")
    if not isinstance(error, Forbidden | MissingPermission):
        return wrong(subject, error)
    remedy = f"Add the scope `{permission.scope}` to your OAuth app at Lever. {GRANT_AGAIN}"
    if by_key:
        remedy = (
            f"Make a new key in Lever under Settings, Integrations and API, API Credentials, with `{permission}` as "
            "well, and store it on the set-up page: a key's permissions can't be changed"
        )
    if permission.without:
        return Finding(subject, State.OPEN, f"{holder} lacks it, which is optional: {permission.without}", remedy)
    return Finding(subject, State.MISSING, f"{holder} may not read {permission.name}", remedy)


def stages(account: Account, lever: LeverHook) -> Iterator[Finding]:
    """Whether the options' stages are in the account's pipeline."""
    said: tuple[Fault, ...] = ()
    try:
        options = read_variable(account)
    except BadOption as bad:
        if bad.options is None:
            return
        # The local checks have said these.
        options, said = bad.options, bad.faults
    try:
        policy = resolve(options, lever.stages(), said).policy
    except BadOption as bad:
        for fault in bad.faults:
            if fault not in said:
                yield Finding(
                    f"Option {fault.option}",
                    State.WRONG,
                    fault.text,
                    "Choose another one on the set-up page",
                    "variables",
                )
        return
    then = f", and `{policy.progression_stage.name}`" if policy.progression_stage else ""
    yield Finding("Stages of the options", State.DONE, f"Lever has `{policy.trigger_stage.name}`{then}")


def webhooks(account: Account, lever: LeverHook) -> Iterator[Finding]:
    """Whether each of the four events is registered with Airflow's address."""
    try:
        found = list(Registration(lever, webhook_url(base_url(), account), account).registered())
    except CannotRegister as cannot:
        yield wrong("Lever's webhooks", cannot, state=State.OPEN)
        return
    except Forbidden:
        # The finding about the permission has said it.
        return
    for event, ours, others in found:
        subject = f"Webhook {event}"
        if ours and others:
            said, remedy = "It is registered twice, so that each event comes twice", "Delete one in Lever's settings"
            yield Finding(subject, State.OPEN, said, remedy)
        elif ours:
            yield Finding(subject, State.DONE, "It is registered in Lever, and its signing token is stored here")
        elif others:
            yield Finding(
                subject,
                State.OPEN,
                "It is registered in Lever, but not from here, so that reading can't show whether its token is known",
                "If Lever's log shows 401 for it, add its signing token on the set-up page, or register it there",
            )
        elif any(ours or others for _, ours, others in found):
            said = "It is not registered in Lever with Airflow's address, and others are"
            yield Finding(subject, State.MISSING, said, "Register the webhooks on the set-up page")
        else:
            said = "It is not registered in Lever with Airflow's address: the scheduled runs find what it would tell"
            yield Finding(subject, State.OPEN, said, "Register the webhooks on the set-up page")


def deliveries(account: Account) -> Iterator[Finding]:
    """When the last delivery of each kind came."""
    names = {kind.value: event for event, kind in KIND_OF.items()} | {Kind.RESULTS.value: "Alva's webhook"}
    last = airflow_setup.last_deliveries(account.events_dag_id, tuple(names))
    for kind, name in names.items():
        if kind in last:
            yield Finding(f"Last delivery, {name}", State.DONE, f"It came at {to_the_minute(last[kind])}")
        else:
            yield Finding(
                f"Last delivery, {name}",
                State.OPEN,
                "None has come that Airflow still knows of",
                "Once it is registered, see that it is switched on in the vendor's settings of webhooks",
            )


def assumptions(alva: AlvaHook) -> Iterator[Finding]:
    """Whether Alva's API is as `docs/alva.md` assumes it."""
    for one in Look(alva, now_ms=round(time.time() * 1000)).assumptions():
        subject = f"Alva's API: {one.text[:1].lower()}{one.text[1:]}"
        where = f"See `docs/alva.md`; this is changed in {one.where}"
        if one.holds:
            yield Finding(subject, State.DONE, "This holds, as assumed")
        elif one.holds is None:
            yield Finding(subject, State.OPEN, f"This could not be seen: {one.problem}", where)
        else:
            yield Finding(subject, State.WRONG, f"This is not as assumed: {one.problem}", where)
