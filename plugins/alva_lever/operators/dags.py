"""What the DAG files share: retries, priorities, the fields of their forms, and the text on each DAG's page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from airflow.sdk import Param
from airflow.sdk.configuration import conf

from alva_lever.account import ACCOUNTS, URL_PREFIX, Account
from alva_lever.operators.run import MOST_IDS
from alva_lever.rules.events import Kind
from alva_lever.rules.ids import ID, UUID

# When the pool's slot is free, the waiting task with the highest priority gets it.
EVENTS_PRIORITY, RESULTS_PRIORITY, OTHER_PRIORITY = 30, 20, 10

# Airflow keeps a form's input in the run's conf and in its audit log. Only UUIDs are accepted, so that no name, e-mail
# address or phone number gets there.
_ID_OR_PAGE = rf"^\s*((https://hire\.([a-z]+\.)?lever\.co/candidates/)?{UUID}/?)?\s*$"
_DATE = r"^20\d\d-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?)?$"
# The DAGs' owner, as Airflow's UI shows it.
OWNER = "Alva and Lever"


def defaults(priority: int) -> dict[str, Any]:
    """Returns a DAG's `default_args`."""
    return {
        "owner": OWNER,
        "retries": 3,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=10),
        "weight_rule": "absolute",
        "priority_weight": priority,
    }


def tags(account: Account) -> list[str]:
    """Returns the tags of an account's DAGs."""
    return ["alva", "lever", *([account.account_id] if len(ACCOUNTS) > 1 else [])]


def owner_links(account: Account) -> dict[str, str]:
    """Returns the link from the DAGs' owner in Airflow's UI to the account's page; none if Airflow's `base_url` is not
    set, since Airflow takes only whole addresses here."""
    base_url = str(conf.get("api", "base_url", fallback="") or "")
    return {OWNER: f"{base_url.rstrip('/')}{URL_PREFIX}{account.page_path}/"} if urlsplit(base_url).netloc else {}


def dry_run(account: Account) -> dict[str, Param]:
    """Returns the form field that every DAG has."""
    return {
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description="Read, decide and report, but write nothing. Note that Trigger unpauses a paused DAG, and its "
            "scheduled runs then write: to rehearse a whole DAG, set the option `dry_run` in the Variable "
            f"`{account.settings_variable}`",
        )
    }


def form(account: Account, interval: str, named: str) -> dict[str, Param]:
    """Returns the form of a DAG that polls. `interval`: what a run covers without `since`. `named`: what a run does to
    the opportunities that a person names."""
    return {
        **dry_run(account),
        "since": Param(
            None,
            type=["null", "string"],
            format="date-time",
            pattern=_DATE,
            title="Since",
            description=f"Cover the time from then until now. Empty: {interval}",
        ),
        "opportunity_ids": Param(
            None,
            type=["null", "array"],
            items={"type": "string", "pattern": _ID_OR_PAGE},
            maxItems=MOST_IDS,
            title="Opportunities",
            description=f"{named} One per line: an id, or the address of the candidate's page in Lever "
            "(https://hire.lever.co/candidates/...). No names or e-mail addresses: Airflow keeps what you enter here",
        ),
    }


DELIVERY = {
    # Without a type, Airflow's form shows lines of text.
    "type": "object",
    "oneOf": [
        {
            "required": ["kind", "opportunity"],
            "properties": {
                "kind": {"enum": [kind.value for kind in Kind if kind is not Kind.RESULTS]},
                "opportunity": {"type": "string", "pattern": f"^{UUID}$"},
                "application": {"type": "string", "pattern": f"^{UUID}$"},
            },
            "additionalProperties": False,
        },
        {
            "required": ["kind", "candidate"],
            "properties": {
                "kind": {"const": Kind.RESULTS.value},
                "candidate": {"type": "string", "pattern": f"^{ID}$"},
            },
            "additionalProperties": False,
        },
    ],
}


_REPORT = """
### The report

The task `report` leaves it as its XCom `return_value`, even if the run failed:

| key | what it says |
|---|---|
| `window`, `invited` | the time that the run covered (null: ids were named), and how many invitations it sent |
| `looked_at`, `counts`, `ids` | how many records it checked, how many ended with each word, and which (the first 100) |
| `leftovers` | records that wait for another attempt: id, kind of fault, number of attempts, when the next one is due |
| `near_misses` | tags that differ from a control tag only in case or spacing, and the records that carry them |
| `calls`, `waited_seconds` | calls to each API, and the time spent waiting for their limits |

`leftover`: this run could not do it, and a later run tries again. `given_up`: it failed for 14 days and is not retried
any more. The log of the task that tried it names the fault.
"""


def _rehearse(account: Account) -> str:
    return f"""
### Rehearse

Set the option `dry_run` to `true` in the Variable `{account.settings_variable}`: all four DAGs then read, decide and
report, but write nothing, until you remove it. The form's `dry_run` does the same for one run. But **Trigger unpauses a
paused DAG**, and its scheduled runs then write.
"""


def invite_candidates_doc(account: Account) -> str:
    """Returns the text on the DAG's page."""
    return f"""
Every hour, this DAG finds candidates who entered the trigger stage, carry `Alva: Send Tests`, or applied for a posting
with `Alva: Screening`. It invites them in Alva and tags them in Lever. It also marks hired candidates in Alva, and
removes deleted ones from it.

The first row that holds decides:

| if | then | word in the report |
|---|---|---|
| it is gone, or the person is anonymised | nothing | `gone` |
| it or its posting is confidential | nothing | `confidential` |
| it is archived | nothing | `archived` |
| it has `Alva: Invitation Sent` or `Alva: Completed` | nothing | `already_invited` |
| its invitation failed or bounced, and nothing has asked again since | nothing | `awaiting_retry` |
| it has `Alva: Send Tests` | invited | `send_tests` |
| its posting has `Alva: Skip Assessment` | nothing | `skip_assessment` |
| its origin is blocked | nothing | `blocked_origin` |
| it is in the trigger stage | invited | `trigger_stage` |
| its posting has `Alva: Screening`, and its application is new | invited | `screening` |
| a person named it in this manual run | invited | `manual` |
| otherwise | nothing | `not_requested` |

An invitation can fail: `missing_email`, `invalid_email`, `no_posting`, `refused_by_alva`. The candidate then gets the
tag `Alva: Invitation Failed` and a note that says what is wrong. The report also has `hired`, `deleted`, `not_in_alva`
and `unconfirmed`.
{_REPORT}
### Missed hours, and backfill

You need not do anything about missed hours: the next scheduled run covers them, up to 14 days back. To go further back:

    airflow backfill create --dag-id {account.invite_dag_id} \\
      --from-date 2026-03-01T00:00:00Z --to-date 2026-03-02T23:00:00Z --reprocess-behavior completed

or trigger a manual run with `since`. The order doesn't matter, nor do repeats: no candidate is invited twice.
{_rehearse(account)}"""


def push_results_doc(account: Account) -> str:
    """Returns the text on the DAG's page."""
    return f"""
Every 15 minutes, this DAG brings opportunities in Lever up to date with their candidates in Alva. It writes only what
differs. The first scheduled run goes 14 days back.

| in Alva | in Lever | word in the report |
|---|---|---|
| invited, nothing wrong | `Alva: Invitation Sent` | `invited` (it was missing), else `unchanged` |
| the invitation bounced | `Alva: Invitation Bounced`, and a note | `bounced` |
| all tests completed | link, note, progression stage, role fit tag, `Alva: Completed` | `completed` |
| the role fit is another one | the tag and the same note are updated | `updated` |
| no role fit any more | the role fit tag goes, the note says so | `withdrawn` |
| the tests were reset | `Alva: Invitation Sent` in place of `Alva: Completed`, the note says so | `reset` |

Nothing is written to an opportunity that is gone, anonymised or confidential (`gone`, `confidential`). `not_in_alva`:
Alva has no such candidate.
{_REPORT}{_rehearse(account)}"""


def sync_postings_doc(account: Account) -> str:
    """Returns the text on the DAG's page."""
    return f"""
Every night, this DAG brings the job positions in Alva up to date with their postings in Lever: name, team, hiring
manager. It writes only what differs.

| word in the report | what it says about a posting |
|---|---|
| `updated`, `unchanged` | something was written, or nothing differs |
| `owner_unknown` | Alva has no user with the hiring manager's address |
| `field_refused` | Alva refuses the team or the hiring manager; the rest is up to date |
| `confidential`, `gone` | the posting is confidential, or Lever no longer has it |
{_REPORT}{_rehearse(account)}"""


def handle_events_doc(account: Account) -> str:
    """Returns the text on the DAG's page."""
    return f"""
Within seconds, this DAG does what the other DAGs would do later. Lever's and Alva's webhooks start its runs. A delivery
is only a hint to check a record: even if it is late, repeated, out of order or untrue, the result is the same.

| event | what is done |
|---|---|
| a stage change | the table of `{account.invite_dag_id}` |
| an application | its posting is brought up to date in Alva; then the same table, the application being new |
| a hire, a deletion | marked in Alva, or removed from it, if Lever confirms it; else `unconfirmed` |
| in Alva, any event of a candidate | the table of `{account.results_dag_id}` |

The next scheduled runs of those two DAGs retry what fails here.
{_REPORT}{_rehearse(account)}"""
