"""An odd answer of Alva's is read, or that row alone is unreadable; no test is read as reset or completed."""

from __future__ import annotations

from alva_lever.alva import models
from alva_lever.http.paginator import Unreadable
from alva_lever.http.wire import Untrusted
from alva_lever.rules.model import AlvaCandidate, ChangedCandidate, JobPosition
from tests.alva.conftest import candidate, position, results
from tests.http.shapes import MISSING, Odd, any_shape_of, read_between

DONE = [{"type": "logic", "status": "completed"}, {"type": "personality", "status": "completed"}]
CANDIDATE = candidate("mid", role_fit=82, assessments=DONE)
RESULTS = results(interviews=[{"title": "Culture", "score": 4}, {"name": "Team", "percentage": 3}])


def decides_nothing_new(found: AlvaCandidate, row: Odd) -> None:
    """Checks that assessments, role fit and invitation are read as Alva gave them."""
    assert row.value is not MISSING or row.path not in {("assessments",), ("role_fit",), ("invitation",)}
    assert len(found.assessments) == len(row.row["assessments"])
    assert found.role_fit == row.row["role_fit"]
    assert (found.invitation is None) == (row.row["invitation"] is None)
    if row.field != "assessments":
        assert found.completed


@any_shape_of(CANDIDATE)
def test_an_odd_changed_candidate_keeps_at_least_one_id(row: Odd) -> None:
    found = read_between(models.page, models.changed_candidate, candidate("first"), row, candidate("last"))
    if found is None:
        # Alva says that this candidate was added by hand.
        assert row.path == ("external_id",)
        assert row.value in (None, "")
        return
    # One of the two ids is always known.
    assert isinstance(found, ChangedCandidate)
    assert found.candidate_id or found.external_id
    if row.field != "external_id":
        assert found.external_id == "opp-1"
    if row.field != "id":
        assert found.candidate_id == "mid"
    if found.candidate is not None:
        decides_nothing_new(found.candidate, row)


@any_shape_of(CANDIDATE)
def test_an_odd_candidate_of_an_opportunity_is_read_as_alva_gave_it_or_is_unreadable(row: Odd) -> None:
    found = read_between(models.page, models.of("opp-1", models.candidate), candidate("first"), row, candidate("last"))
    if found is None:
        # Unreadable, but certainly another opportunity's candidate.
        assert row.field == "external_id"
    elif isinstance(found, AlvaCandidate):
        decides_nothing_new(found, row)


@any_shape_of(position("mid"))
def test_an_odd_job_position_is_read_or_unreadable(row: Odd) -> None:
    found = read_between(models.page, models.position, position("first"), row, position("last"))
    assert found == "listing" or isinstance(found, JobPosition | Unreadable)


@any_shape_of(RESULTS)
def test_odd_results_are_refused_only_for_the_candidate_id_or_the_role_fit(row: Odd) -> None:
    try:
        found = models.results_of("48213")(row.row)
    except Untrusted:
        assert row.field in ("candidate_id", "role_fit")
        return
    assert (found.role_fit is None) == (row.row["role_fit"] is None)
    if row.field in ("logic", "interviews"):
        assert ("personality", "88 %") in found.scores
