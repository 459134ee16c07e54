"""What the integration decides, without a network, a clock or Airflow: plain objects in, a decision out."""

from __future__ import annotations
