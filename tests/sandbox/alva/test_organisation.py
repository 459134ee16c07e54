from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from include.sandbox.alva.models import Invitee
from include.sandbox.alva.organisation import AlvaOrganisation
from include.sandbox.candidates import Candidates
from tests.sandbox.alva.conftest import Api, StandingClock


def test_concurrent_invitations_of_a_person_send_one_invitation(api: Api, candidates: Candidates) -> None:
    position = api.position()
    body = {"email": "kim@example.com", "external_id": "opp-1"}
    headers = {"X-API-Key": "sandbox-alva-key"}

    def invite(_: int) -> int:
        answer = api.client.post(f"/alva/v1/job_positions/{position}/candidates", json=body, headers=headers)
        return int(answer.status_code)

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(invite, range(24)))
    assert answers == [201] + [409] * 23
    assert candidates.find("opp-1")["invitations_sent"] == 1


def test_a_repr_shows_nothing_personal(api: Api, organisation: AlvaOrganisation, candidates: Candidates) -> None:
    position = api.position()
    kim = api.invite(position, "opp-1", "kim@example.com", first_name="Kimberley", last_name="Ekström")["id"]
    candidates.finish("opp-1", 83)
    shown = [
        repr(organisation.roster.get(kim)),
        repr(organisation.persons.find("kim@example.com")),
        repr(organisation.positions.get(position)),
        repr(Invitee(email="kim@example.com", first_name="Kimberley", last_name="Ekström")),
    ]
    for text in shown:
        for secret in ("kim@", "Kimberley", "Ekström", "83", "percentage"):
            assert secret not in text


def test_ids_can_come_from_a_given_function(clock: StandingClock) -> None:
    names = iter(["profile", "user"])
    organisation = AlvaOrganisation(clock, lambda: next(names))
    assert organisation.directory.add_user("ada@example.com").id == "user"
