"""Combines the hooks with the rules to handle candidates, postings and listings, without Airflow."""

from __future__ import annotations
