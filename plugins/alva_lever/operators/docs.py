"""What each DAG's page in Airflow says of it."""

from __future__ import annotations

_REPORT = """
### The report

The XCom `return_value` of the task `report`, also where the run failed:

| key | what it says |
|---|---|
| `window`, `invited` | the time that was looked at (null: ids were named), and how many invitations went out |
| `looked_at`, `counts`, `ids` | how many there were, how many under each word, and which (the first 100) |
| `leftovers` | what waits for another attempt: its id, the kind of fault, how often it was tried, when it is due |
| `near_misses` | tags that differ from a control tag only in case or spacing, and who carries them |
| `calls`, `waited_seconds` | calls to each API, and the time spent waiting for their limits |

`leftover`: it could not be done in this run, and waits for another one. `given_up`: it could not be done for 14 days.
The log of the task that tried names the fault.
"""
_REHEARSE = """
### Rehearse

Set the option `dry_run` to `true` in the Variable `alva_lever_settings`: all four DAGs then read, decide and report,
and write nothing, until it is taken away. The form's `dry_run` does the same for one run. But **Trigger unpauses a
paused DAG**, whose scheduled run then writes.
"""

INVITE_CANDIDATES = f"""
Every hour: looks for candidates who came into the trigger stage, carry `Alva: Send Tests`, or applied for a posting
with `Alva: Screening`; invites them in Alva, and tags them in Lever. Tells Alva who was hired or deleted.

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

An invitation can fail: `missing_email`, `invalid_email`, `no_posting`, `refused_by_alva`. The candidate then has
`Alva: Invitation Failed`, and a note says what is wrong. Also in the report: `hired`, `deleted`, `not_in_alva`,
`unconfirmed`.
{_REPORT}
### Missed hours, and backfill

Missed hours need nothing: the next scheduled run covers them, up to 14 days back. For longer ago:

    airflow backfill create --dag-id alva_lever_invite_candidates \\
      --from-date 2026-03-01T00:00:00Z --to-date 2026-03-02T23:00:00Z --reprocess-behavior completed

or a manual run with `since`. In any order, as often as you like: nobody is invited twice.
{_REHEARSE}"""

PUSH_RESULTS = f"""
Every 15 minutes: makes each opportunity in Lever carry what Alva says of its candidate now, and writes only the
difference. The first scheduled run looks 14 days back.

| in Alva | in Lever | word in the report |
|---|---|---|
| invited, nothing wrong | `Alva: Invitation Sent` | `invited` (it was missing), else `unchanged` |
| the invitation bounced | `Alva: Invitation Bounced`, and a note | `bounced` |
| all tests completed | link, note, progression stage, role fit tag, `Alva: Completed` | `completed` |
| the role fit is another one | the tag and the same note are updated | `updated` |
| no role fit any more | the role fit tag goes, the note says so | `withdrawn` |
| the tests were reset | `Alva: Invitation Sent` in place of `Alva: Completed`, the note says so | `reset` |

Who is gone, anonymised or confidential by now gets nothing (`gone`, `confidential`). `not_in_alva`: Alva has no such
candidate.
{_REPORT}{_REHEARSE}"""

SYNC_POSTINGS = f"""
Every night: brings the job positions in Alva up to date with their postings in Lever: name, team, hiring manager. Only
what differs is written.

| word in the report | what it says of a posting |
|---|---|
| `updated`, `unchanged` | something was written, or nothing differs |
| `owner_unknown` | Alva has no user with the hiring manager's address |
| `field_refused` | Alva refuses the team or the hiring manager; the rest is up to date |
| `confidential`, `gone` | Lever doesn't show it, or doesn't have it any more |
{_REPORT}{_REHEARSE}"""

HANDLE_EVENTS = f"""
Does within seconds what the other DAGs would find later. Lever's and Alva's webhooks start its runs; nothing else needs
to. What a delivery says is a hint to look: late, twice, out of order or untrue, it ends in the same state.

| event | what is done |
|---|---|
| a stage change | the table of `alva_lever_invite_candidates` |
| an application | its posting is brought up to date in Alva; then the same table, the application being new |
| a hire, a deletion | told to Alva if Lever shows it too, else `unconfirmed` |
| Alva: something about a candidate | the table of `alva_lever_push_results` |

What could not be done here is done by the next scheduled runs of those two.
{_REPORT}{_REHEARSE}"""
