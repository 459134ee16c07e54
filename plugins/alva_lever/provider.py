"""The connection types and their forms. Airflow's UI reads them from here only, and not from the hooks.

The OAuth app at Lever (connection `lever_oauth`) has the type Generic: a type needs a hook, and it has none.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

_RATE = {
    "label": "Calls per second",
    "description": "The most calls per second. Empty: as many as the vendor allows.",
    "schema": {"type": ["number", "null"], "exclusiveMinimum": 0},
}
_TIMEOUT = {
    "label": "Time-out (seconds)",
    "description": "How long to wait for a connection, and for an answer. Empty: 5 and 30.",
    "schema": {"type": ["number", "null"], "exclusiveMinimum": 0},
}
_EXTRA = {"calls_per_second": _RATE, "timeout": _TIMEOUT}
# As `airflow config list` shows them. Their defaults stand where they are read.
_OPTIONS = {
    "accounts": {
        "description": "The Lever accounts, by name. `default` has the names without an ending; the DAGs, connections, "
        "Variables, pool and page of another account, such as `berlin`, carry its name.",
        "type": "string",
        "version_added": "0.1.0",
        "example": "default, berlin",
        "default": None,
    },
    "on_failure_callback": {
        "description": "The Python path of what is called when a run fails or is late: a function of Airflow's "
        "context, a notifier, or a list of these.",
        "type": "string",
        "version_added": "0.1.0",
        "example": "my_company.alerts.notify",
        "default": None,
    },
}


def get_provider_info() -> dict[str, Any]:
    """Returns Airflow's provider info. `package-name` must be the name of the distribution."""
    return {
        "package-name": "alva-lever",
        "name": "Alva and Lever",
        "description": "Invites Lever's candidates in Alva and brings their results back.",
        "versions": [version("alva-lever")],
        "config": {"alva_lever": {"description": "Alva and Lever.", "options": _OPTIONS}},
        "connection-types": [
            {
                "connection-type": "lever",
                "hook-class-name": "alva_lever.lever.hook.LeverHook",
                "hook-name": "Lever",
                "ui-field-behaviour": {
                    "hidden-fields": ["login", "schema", "port"],
                    "relabeling": {"host": "API root", "password": "API key"},
                    "placeholders": {"host": "https://api.lever.co/v1"},
                },
                "conn-fields": _EXTRA,
            },
            {
                "connection-type": "alva",
                "hook-class-name": "alva_lever.alva.hook.AlvaHook",
                "hook-name": "Alva",
                "ui-field-behaviour": {
                    "hidden-fields": ["login", "schema", "port"],
                    "relabeling": {"host": "API root", "password": "API key"},
                    "placeholders": {"host": "the API root that Alva gives you, beginning with https://"},
                },
                "conn-fields": _EXTRA,
            },
        ],
    }
