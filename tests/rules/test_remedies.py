from __future__ import annotations

import pickle

import pytest

from alva_lever.rules.remedies import Remediable


@pytest.mark.parametrize(
    ("remedy", "text"),
    [
        ("", "There is no pool"),
        ("Make it in Airflow", "There is no pool. Make it in Airflow"),
        ("make it in Airflow", "There is no pool: make it in Airflow"),
    ],
)
def test_an_error_tells_what_is_wrong_and_then_what_to_do(remedy: str, text: str) -> None:
    error = Remediable("There is no pool", remedy=remedy)
    assert str(error) == text
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.said, again.remedy) == (text, "There is no pool", remedy)
