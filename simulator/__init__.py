"""Simulates the demo's lots over HTTP: 臻识 (Vzenith) cameras, and with --pay also drivers.

It knows only the server's URLs, imports none of its code and reads none of its tables, so that an error in
the product's reading of the protocol or of a plate cannot be masked by the same error here.

    python -m simulator DEVICES.json [--pay] [--speed N] [--seed N] [--state FILE] [--verbose] [--once]

DEVICES.json:

    {"lots": [{"name": "…", "kind": "mall", "province": "沪", "url": "…", "cars": ["沪A12345", …]}],
     "devices": [{"lot": "…", "lane": "…", "direction": "entry", "serial": "…",
                  "push_url": "…", "heartbeat_url": "…", "comet_url": "…", "sign_url": "…"}]}

`cars` are plates that are inside at the start and stay, so that a visitor has some to type. An entry
can also be `{"plate": "…", "minutes_ago": 95, "leaves_after_minutes": 3}`. `comet_url`, `url` and `sign_url`
are optional; the last two are the URLs of a lot's pure code and of a lane's code. If a lot has a `slug`,
`devices` refers to it by that. Other keys are ignored.
"""
