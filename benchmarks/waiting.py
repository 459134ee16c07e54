"""Measures how long an event waits while thousands of candidates are being invited at Lever's limit."""

from __future__ import annotations

import json
import tempfile
import time
from functools import partial
from pathlib import Path

import requests

from benchmarks.office import office
from benchmarks.table import Rows, say
from benchmarks.webhooks import EVENTS, PATIENCE_SECONDS, TOKEN, deliver, sent, until
from include.demo.control import Control
from include.demo.running import running

HOURLY, CANDIDATES, TIMES = "alva_lever_invite_candidates", 5000, 3


def run() -> Rows:
    rows: Rows = []
    with tempfile.TemporaryDirectory() as folder, office(CANDIDATES) as (url, ids):
        control = Control(url)
        with running(Path(folder) / "airflow", url, durable=True) as airflow:
            rest = f"{airflow.url}/api/v2"
            connection = {"connection_id": "lever_webhook", "conn_type": "generic", "password": TOKEN}
            requests.post(f"{rest}/connections", json=connection, timeout=60).raise_for_status()
            options = {"key": "alva_lever_settings", "value": json.dumps({"trigger_stage": "New applicant"})}
            requests.patch(f"{rest}/variables/alva_lever_settings", json=options, timeout=60).raise_for_status()
            for dag_id in (HOURLY, EVENTS):
                airflow.api.unpause(dag_id)
            airflow.api.trigger(HOURLY, "many", {"since": "2020-01-01T00:00:00Z"})
            airflow.start.wait_for(lambda: sent(control, ids[0]), "the first invitation is sent", PATIENCE_SECONDS)
            posting = control.look(ids[0])["posting"]
            waited = []
            for number in range(TIMES):
                # At a different point of the running batch each time.
                time.sleep(20)
                who = {"name": f"Bo {number}", "emails": [f"bo.{number}@candidates.example.com"], "stage": "Offer"}
                opportunity_id = control.move("recruiter", "apply", posting=posting, **who)
                control.move("recruiter", "move", opportunity=opportunity_id, stage="New applicant")
                deliver_event = partial(deliver, airflow.url, opportunity_id)
                waited.append(until(deliver_event, partial(sent, control, opportunity_id)))
            assert not airflow.api.run(HOURLY, "many").is_done
    say(
        rows,
        f"an event's invitation while {CANDIDATES} are being invited",
        f"{', '.join(f'{seconds:.0f} s' for seconds in waited)} after its delivery",
    )
    return rows
