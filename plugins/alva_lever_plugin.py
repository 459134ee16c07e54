"""Registers the plugin from a copied `plugins/` folder, if the package isn't installed.

An installed package registers the plugin by its entry point. If a second plugin has the same name, Airflow lists an
import error for it, and task processes drop every plugin after it.
"""

from __future__ import annotations

from importlib.metadata import entry_points

if not entry_points(group="airflow.plugins", name="alva_lever"):
    from alva_lever.plugin import AlvaLeverPlugin  # noqa: F401  # Airflow finds it in this module
