"""What is done to one candidate, posting or listing: hooks and rules put together, without Airflow."""

from __future__ import annotations
