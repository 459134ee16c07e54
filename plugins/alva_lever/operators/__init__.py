"""Airflow's operators. Airflow parses a DAG file again for every task, so these modules import hooks and `sync` only
where they use them."""

from __future__ import annotations
