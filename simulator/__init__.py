"""Plays the demo's lots over HTTP: cameras with real-shaped 臻识 (Vzenith) pushes, with --pay drivers too.

It knows the server only by its addresses, imports none of its code and reads none of its tables, so
that a mistake in our reading of the protocol or of a plate is not made twice.

    python -m simulator DEVICES.json [--pay] [--speed N] [--seed N] [--state FILE] [--verbose] [--once]

DEVICES.json:

    {"lots": [{"name": "…", "kind": "mall", "province": "沪", "url": "…", "cars": ["沪A12345", …]}],
     "devices": [{"lot": "…", "lane": "…", "direction": "entry", "serial": "…",
                  "push_url": "…", "heartbeat_url": "…", "comet_url": "…", "sign_url": "…"}]}

`cars` are plates to find inside at the start, so that a visitor has some to type; they stay. One may
also be `{"plate": "…", "minutes_ago": 95, "leaves_after_minutes": 3}`. `comet_url` may be left out, and so
may `url` and `sign_url`, the addresses in a lot's pure code and in a lane's own. A lot with a `slug` is
called by that in `devices`. Other keys are somebody else's.
"""
