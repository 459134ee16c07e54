"""The integration's part of Airflow's API server. Only the API server loads it, never a task process."""

from __future__ import annotations
