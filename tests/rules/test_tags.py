"""The tags of section 1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alva_lever.rules import tags
from alva_lever.rules.tags import TagChange, near_misses, with_status
from tests.rules.build import opportunity

ANY_TAGS = st.lists(st.sampled_from((*tags.OWNED, tags.SEND_TESTS, "Engineering")) | st.text(), max_size=12)
ANY_FIT = st.none() | st.sampled_from(tags.ROLE_FIT)
CONTROL = (*tags.ON_OPPORTUNITIES, *tags.ON_POSTINGS)


def after(present: list[str], change: TagChange) -> list[str]:
    """The tags after Lever applies the change: it removes first, then adds at the end, no tag twice."""
    left = [tag for tag in present if tag not in change.remove]
    return left + [tag for tag in change.add if tag not in left]


def test_the_owned_tags_are_the_nine_of_the_contract() -> None:
    assert set(tags.OWNED) == {
        "Alva: Invitation Sent",
        "Alva: Invitation Bounced",
        "Alva: Invitation Failed",
        "Alva: Completed",
        "Alva: Very high role fit",
        "Alva: High role fit",
        "Alva: Medium role fit",
        "Alva: Low role fit",
        "Alva: Very low role fit",
    }


def test_the_control_tags_are_those_of_the_contract() -> None:
    assert tags.ON_OPPORTUNITIES == ("Alva: Send Tests",)
    assert tags.ON_POSTINGS == ("Alva: Screening", "Alva: Skip Assessment")


def test_no_control_tag_is_owned() -> None:
    assert set(CONTROL).isdisjoint(tags.OWNED)


# The one status tag.


@pytest.mark.parametrize("status", tags.STATUS)
def test_a_status_is_added_where_there_is_none(status: str) -> None:
    assert with_status(["Engineering"], status) == TagChange(add=(status,))


@pytest.mark.parametrize("status", tags.STATUS)
def test_a_status_that_is_already_right_is_not_written_again(status: str) -> None:
    assert not with_status([status, "Engineering"], status)
    assert not with_status([status, "Engineering", tags.ROLE_FIT[0]], status, tags.ROLE_FIT[0])


@pytest.mark.parametrize("other", [tag for tag in tags.STATUS if tag != tags.INVITATION_SENT])
def test_another_status_is_removed(other: str) -> None:
    change = with_status([other], tags.INVITATION_SENT)
    assert change == TagChange(remove=(other,), add=(tags.INVITATION_SENT,))


@pytest.mark.parametrize("role_fit", tags.ROLE_FIT)
@pytest.mark.parametrize("status", tags.STATUS)
def test_without_a_role_fit_its_tag_is_removed(status: str, role_fit: str) -> None:
    assert with_status([status, role_fit], status) == TagChange(remove=(role_fit,))


def test_a_candidate_invited_again_after_a_reset_has_no_role_fit_tag() -> None:
    change = with_status(["Engineering", tags.COMPLETED, "Alva: High role fit"], tags.INVITATION_SENT)
    assert set(change.remove) == {tags.COMPLETED, "Alva: High role fit"}
    assert change.add == (tags.INVITATION_SENT,)


@pytest.mark.parametrize("role_fit", tags.ROLE_FIT)
def test_the_role_fit_is_added_before_the_status(role_fit: str) -> None:
    change = with_status(["Engineering", tags.INVITATION_SENT], tags.COMPLETED, role_fit)
    assert change == TagChange(remove=(tags.INVITATION_SENT,), add=(role_fit, tags.COMPLETED))


@pytest.mark.parametrize("other", tags.ROLE_FIT[1:])
def test_another_role_fit_tag_is_removed(other: str) -> None:
    change = with_status([tags.COMPLETED, other], tags.COMPLETED, tags.ROLE_FIT[0])
    assert change == TagChange(remove=(other,), add=(tags.ROLE_FIT[0],))


def test_no_tag_is_in_a_repr() -> None:
    shown = repr(TagChange(remove=("Alva: High role fit",), add=("Alva: Low role fit", tags.COMPLETED)))
    assert "role fit" not in shown
    assert "Alva" not in shown
    assert "Alva: High role fit" not in repr(opportunity(tags=("Alva: High role fit",)))
    assert "Engineering" not in repr(opportunity(tags=("Engineering",)))


def test_a_tag_that_differs_only_in_case_is_another_tag() -> None:
    assert with_status(["alva: completed"], tags.COMPLETED) == TagChange(add=(tags.COMPLETED,))


def test_a_change_is_true_only_if_it_writes_something() -> None:
    assert not TagChange()
    assert TagChange(remove=("a",))
    assert TagChange(add=("a",))


@given(ANY_TAGS, st.sampled_from(tags.STATUS), ANY_FIT)
def test_one_status_and_role_fit_remain_and_other_tags_stay(
    present: list[str], status: str, role_fit: str | None
) -> None:
    left = after(present, with_status(present, status, role_fit))
    assert {tag for tag in left if tag in tags.STATUS} == {status}
    assert {tag for tag in left if tag in tags.ROLE_FIT} == ({role_fit} if role_fit else set())
    assert [tag for tag in left if tag not in tags.OWNED] == [tag for tag in present if tag not in tags.OWNED]


@given(ANY_TAGS, st.sampled_from(tags.STATUS), ANY_FIT)
def test_only_what_differs_is_written(present: list[str], status: str, role_fit: str | None) -> None:
    change = with_status(present, status, role_fit)
    assert set(change.remove) <= set(present) & set(tags.OWNED)
    assert set(change.add).isdisjoint(present)
    assert not with_status(after(present, change), status, role_fit)


# Near misses.


@pytest.mark.parametrize(
    "tag",
    [
        "alva: send tests",
        "ALVA: SEND TESTS",
        "Alva:Send Tests",
        "Alva: Send  Tests",
        " Alva: Send Tests",
        "Alva : Send Tests ",
        "Alva:\u00a0Send\tTests",
        "Alva: SendTests",
        "Alva:\u200bSend Tests",
        "\ufeffAlva: Send Tests",
        "Alva: Send Tests\u200b",
        "Alva: Se\u00adnd Tests",
        "Alva: Send\u2060 Tests\u200e",
        "alva:\u200d send\u00a0tests",
    ],
)
def test_another_case_or_spacing_is_a_near_miss(tag: str) -> None:
    assert near_misses(["Engineering", tag], tags.ON_OPPORTUNITIES) == [tag]


@pytest.mark.parametrize("tag", ["Alva: Send Test", "Alva Send Tests", "Send Tests", "Alva: Sent Tests", "", "alva"])
def test_another_word_or_sign_is_no_near_miss(tag: str) -> None:
    assert near_misses([tag], tags.ON_OPPORTUNITIES) == []


@pytest.mark.parametrize("control", CONTROL)
def test_the_tag_itself_is_no_near_miss(control: str) -> None:
    assert near_misses([control, control.lower()], CONTROL) == [control.lower()]


def test_a_near_miss_of_a_posting_tag_does_not_count_on_an_opportunity() -> None:
    assert near_misses(["alva: screening"], tags.ON_OPPORTUNITIES) == []
    assert near_misses(["alva: screening"], tags.ON_POSTINGS) == ["alva: screening"]


@given(
    st.lists(st.sampled_from(CONTROL).flatmap(lambda tag: st.sampled_from([tag, tag.upper(), f"{tag} "])) | st.text())
)
def test_near_misses_are_present_and_never_the_exact_tag(present: list[str]) -> None:
    misses = near_misses(present, CONTROL)
    assert set(misses) <= set(present)
    assert set(misses).isdisjoint(CONTROL)
