"""Lever's candidates invited in Alva, and their results brought back, by Airflow.

Floors, from the ground up: `rules` (pure), `transport`, `lever` and `alva` (one room a vendor), `steps` (what is done
to one candidate or posting), `operators` and `web` (what the API server serves), then `plugin` and `provider` (what
Airflow is told), and outside this package the DAGs. Nothing imports upward.
"""

from __future__ import annotations
