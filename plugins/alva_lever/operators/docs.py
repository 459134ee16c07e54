"""The text on each DAG's page in Airflow."""

from __future__ import annotations

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
_REHEARSE = """
### Rehearse

Set the option `dry_run` to `true` in the Variable `alva_lever_settings`: all four DAGs then read, decide and report,
but write nothing, until you remove it. The form's `dry_run` does the same for one run. But **Trigger unpauses a paused
DAG**, and its scheduled runs then write.
"""

INVITE_CANDIDATES = f"""
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

    airflow backfill create --dag-id alva_lever_invite_candidates \\
      --from-date 2026-03-01T00:00:00Z --to-date 2026-03-02T23:00:00Z --reprocess-behavior completed

or trigger a manual run with `since`. The order doesn't matter, nor do repeats: no candidate is invited twice.
{_REHEARSE}"""

PUSH_RESULTS = f"""
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
{_REPORT}{_REHEARSE}"""

SYNC_POSTINGS = f"""
Every night, this DAG brings the job positions in Alva up to date with their postings in Lever: name, team, hiring
manager. It writes only what differs.

| word in the report | what it says about a posting |
|---|---|
| `updated`, `unchanged` | something was written, or nothing differs |
| `owner_unknown` | Alva has no user with the hiring manager's address |
| `field_refused` | Alva refuses the team or the hiring manager; the rest is up to date |
| `confidential`, `gone` | the posting is confidential, or Lever no longer has it |
{_REPORT}{_REHEARSE}"""

HANDLE_EVENTS = f"""
Within seconds, this DAG does what the other DAGs would do later. Lever's and Alva's webhooks start its runs. A delivery
is only a hint to check a record: even if it is late, repeated, out of order or untrue, the result is the same.

| event | what is done |
|---|---|
| a stage change | the table of `alva_lever_invite_candidates` |
| an application | its posting is brought up to date in Alva; then the same table, the application being new |
| a hire, a deletion | marked in Alva, or removed from it, if Lever confirms it; else `unconfirmed` |
| in Alva, any event of a candidate | the table of `alva_lever_push_results` |

The next scheduled runs of those two DAGs retry what fails here.
{_REPORT}{_REHEARSE}"""
