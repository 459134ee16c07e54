from __future__ import annotations

from include.demo.printing import invitation, places

AIRFLOW, SANDBOX = "http://127.0.0.1:8080", "http://127.0.0.1:8765"


def test_the_places_are_named_with_the_ports_of_this_demo() -> None:
    lines = places(AIRFLOW, SANDBOX, ["dags/hourly"], "airflow dags list").splitlines()
    assert [(line[:16].strip(), line[16:]) for line in lines] == [
        ("The board", f"{SANDBOX}/"),
        ("The page", f"{AIRFLOW}/alva-lever/"),
        ("Airflow", f"{AIRFLOW}/"),
        ("", f"{AIRFLOW}/dags/hourly"),
        ("By HTTP", f"{SANDBOX}/control"),
        ("Command line", "airflow dags list"),
    ]


def test_the_invitation_leads_to_the_board_the_page_and_the_dag_that_answers() -> None:
    text = invitation(AIRFLOW, SANDBOX, "events", "Assessment")
    assert {f"{SANDBOX}/,", f"{AIRFLOW}/alva-lever/", f"{AIRFLOW}/dags/events"} <= set(text.split())
    assert "Move a candidate to Assessment" in text
