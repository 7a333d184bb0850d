"""The composition root: the only package that knows Dagster and the other parts.

Telemetry of every library is switched off here, before any of them can be imported, because each one reads its
switch at import time and nothing in this product may call home.
"""

import os

for _switch, _value in {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DBT_VERSION_CHECK": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "DAGSTER_DISABLE_TELEMETRY": "1",
}.items():
    os.environ[_switch] = _value
