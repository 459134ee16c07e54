"""The story that the demo plays: the candidates, the recruiter's moves, and the expected result of the hourly DAG.

All people are invented. `plot` explains the columns. The reasons follow the decision table (rows 1 to 12); after them
come the four ways in which an invitation can fail.
"""

from __future__ import annotations

from include.demo.plot import (
    INVITATION_SENT,
    Person,
    Posting,
    applies,
    is_anonymised,
    is_archived,
    is_sourced,
    is_tagged,
    moves_to,
)

TRIGGER_STAGE = "Assessment"

POSTINGS = (
    Posting("Backend engineer"),
    Posting("Support agent", tags=("Alva: Screening",)),
    Posting("Warehouse lead", tags=("Alva: Screening", "Alva: Skip Assessment")),
    Posting("Chief financial officer", confidential=True),
    Posting("Summer intern", expired=True),
)

PEOPLE = (
    Person(
        "Vera Quist",
        "moved to Assessment; her data erased",
        (applies("Backend engineer"), moves_to(TRIGGER_STAGE), is_anonymised()),
        expected="gone",
    ),
    Person(
        "Conrad Falk",
        "in Assessment, on a confidential posting",
        (applies("Chief financial officer"), moves_to(TRIGGER_STAGE)),
        expected=None,  # Lever's listings leave confidential opportunities out
        when_named="confidential",
    ),
    Person(
        "Arne Dahl",
        "moved to Assessment; archived: withdrew",
        (applies("Backend engineer"), moves_to(TRIGGER_STAGE), is_archived("Withdrew")),
        expected="archived",
    ),
    Person(
        "Ida Moberg",
        "moved to Assessment, invited long ago",
        (applies("Backend engineer", days_ago=60), is_tagged(INVITATION_SENT), moves_to(TRIGGER_STAGE)),
        expected="already_invited",
        tag=INVITATION_SENT,
    ),
    # Row 5, awaiting_retry, is the second run's reason for the four failed invitations at the end of this table.
    Person(
        "Tove Lind",
        "tagged Alva: Send Tests, posting skips tests",
        (applies("Warehouse lead"), is_tagged("Alva: Send Tests")),
        expected="send_tests",
    ),
    Person(
        "Sixten Ek",
        "applied to a posting that skips tests",
        (applies("Warehouse lead"),),
        expected="skip_assessment",
    ),
    Person(
        "Agnes Rask",
        "moved to Assessment, sent by an agency",
        (applies("Backend engineer", origin="agency"), moves_to(TRIGGER_STAGE)),
        expected="blocked_origin",
    ),
    Person(
        "Ada Holm",
        "moved to Assessment",
        (applies("Backend engineer"), moves_to(TRIGGER_STAGE)),
        expected="trigger_stage",
    ),
    Person(
        "Selma Berg",
        "applied to a posting with Alva: Screening",
        (applies("Support agent"),),
        expected="screening",
    ),
    Person(
        "Malte Frid",
        "applied a month ago; named in a manual run",
        (applies("Backend engineer", days_ago=30), moves_to("Manager screen", days_ago=20)),
        expected=None,
        when_named="manual",
    ),
    Person(
        "Nora Vik",
        "applied; no tests requested",
        (applies("Backend engineer"),),
        expected="not_requested",
    ),
    Person(
        "Olof Grip",
        "applied; tagged alva: send tests, lower case",
        (applies("Backend engineer"), is_tagged("alva: send tests")),
        expected="not_requested",
        near_miss="alva: send tests",
    ),
    Person(
        "Leo Sand",
        "moved to Assessment without an e-mail",
        (applies("Backend engineer"), moves_to(TRIGGER_STAGE)),
        expected="missing_email",
        emails=(),
    ),
    Person(
        "Ines Palm",
        "moved to Assessment with a mistyped e-mail",
        (applies("Backend engineer"), moves_to(TRIGGER_STAGE)),
        expected="invalid_email",
        emails=("ines.palm(at)candidates.example.com",),
    ),
    Person(
        "Paul Lager",
        "lead without a posting, in Assessment",
        (is_sourced("lead-new"), moves_to(TRIGGER_STAGE)),
        expected="no_posting",
    ),
    Person(
        "Ester Roos",
        "moved to Assessment; job expired in Alva",
        (applies("Summer intern"), moves_to(TRIGGER_STAGE)),
        expected="refused_by_alva",
    ),
)
