"""What one candidate looks like in both services: what a demo prints and a person checks."""

from __future__ import annotations

from typing import Any

from include.sandbox.candidates import Candidates
from include.sandbox.naming import Naming
from include.sandbox.world import World


def look(world: World, opportunity: str) -> dict[str, Any]:
    """``{opportunity, stage, archived, tags, links, notes, posting, alva}``.

    ``stage`` and ``archived`` are names (``archived`` null where it is active), ``notes`` lists ``{id, author,
    text}`` in the order they were written, ``alva`` is what `Candidates.find` answers. ValueError where Lever has no
    such opportunity.
    """
    with world.lock:
        row = Naming(world).opportunity(opportunity)
        users = world.lever.users
        notes = [
            {
                "id": note.id,
                "author": users[note.user].name if note.user in users else None,
                "text": "\n\n".join(comment.value for comment in note.comments),
            }
            for note in row.notes.values()
        ]
        return {
            "opportunity": row.id,
            "stage": row.stage.text,
            "archived": world.lever.archive_reason(row.archived.reason).text if row.archived else None,
            "tags": [*row.tags],
            "links": [*row.contact.links],
            "notes": notes,
            "posting": row.posting.text if row.posting else None,
            "alva": Candidates(world.alva).find(opportunity),
        }
