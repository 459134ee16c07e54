from __future__ import annotations

from alva_lever.operators.run import named_ids

ADA, KIM = "8d49b010-cc6a-4f40-ace5-e86061c677ed", "00922a60-7c15-422b-b086-f62000824fd7"


def test_ids_and_addresses_of_pages_are_each_named_once() -> None:
    lines = [
        f" {ADA}\n",
        "",
        None,
        f"https://hire.lever.co/candidates/{KIM}/",
        f"https://hire.eu.lever.co/candidates/{ADA}",
    ]
    assert named_ids(lines) == (ADA, KIM)


def test_what_a_conf_brings_past_the_form_and_is_no_id_is_not_repeated() -> None:
    lines = ["Ada Byron", "ada", "ada@example.com", "+46 70 123", "0701234567", f"https://x.co/candidates/{ADA}x", KIM]
    assert named_ids(lines) == ("(not an id)", KIM)
