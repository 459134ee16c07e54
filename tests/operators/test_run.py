from __future__ import annotations

from alva_lever.operators.run import named_ids

ADA, KIM = "8d49b010-cc6a-4f40-ace5-e86061c677ed", "00922a60-7c15-422b-b086-f62000824fd7"


def test_each_id_or_page_address_is_named_once() -> None:
    lines = [
        f" {ADA}\n",
        "",
        None,
        f"https://hire.lever.co/candidates/{KIM}/",
        f"https://hire.eu.lever.co/candidates/{ADA}",
    ]
    assert named_ids(lines) == (ADA, KIM)


def test_a_line_that_is_no_id_is_not_repeated() -> None:
    lines = ["Ada Byron", "ada", "ada@example.com", "+46 70 123", "0701234567", f"https://x.co/candidates/{ADA}x", KIM]
    assert named_ids(lines) == ("(not an id)", KIM)
