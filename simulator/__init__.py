"""Plays the cameras of the demo's lots: real-shaped 臻识 (Vzenith) pushes over HTTP, nothing else.

It knows the server only by its addresses, imports none of its code and reads none of its tables, so
that a mistake in our reading of the protocol or of a plate is not made twice.

    python -m simulator DEVICES.json [--speed N] [--seed N] [--state FILE] [--verbose] [--once]

DEVICES.json:

    {"lots": [{"name": "…", "kind": "mall", "province": "沪", "cars": ["沪A12345", …]}],
     "devices": [{"lot": "…", "lane": "…", "direction": "entry", "serial": "…",
                  "push_url": "…", "heartbeat_url": "…", "comet_url": "…"}]}

`cars` are plates to find inside at the start, so that a visitor has some to type; they stay. One may
also be `{"plate": "…", "minutes_ago": 95, "leaves_after_minutes": 3}`. `comet_url` may be left out. A lot
with a `slug` is called by that in `devices`. Other keys are somebody else's.
"""
