"""Invites Lever's candidates in Alva and brings their results back, on Airflow.

Layers, from the bottom up: `rules` (pure decisions), `http` (shared by both hooks), `lever` and `alva` (the vendors),
`batch` (checkpoints, leftovers, reports), `sync` (what is done to a candidate or posting), `operators` and `web` (what
the API server serves), `plugin` and `provider` (what Airflow loads), and outside this package the DAGs. No module
imports from a layer above its own.
"""

from __future__ import annotations
