"""What Airflow's API server serves for the integration. Loaded there alone: task processes never import it."""

from __future__ import annotations
