"""For a copied `plugins/` folder: registers the plugin where the package isn't installed.

An installed package is registered by its entry point. Airflow accepts one plugin of a name, lists the second as an
import error, and in task processes then drops every plugin that comes after it.
"""

from __future__ import annotations

from importlib.metadata import entry_points

if not entry_points(group="airflow.plugins", name="alva_lever"):
    from alva_lever.plugin import AlvaLeverPlugin  # noqa: F401  # Airflow looks for it here
