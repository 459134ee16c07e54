"""What Airflow runs: one verb a file. Light to import, since a DAG file is read again for every task; hooks and steps
are imported where they are used."""

from __future__ import annotations
