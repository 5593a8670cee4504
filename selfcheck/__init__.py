"""The self-check (自查).

Opens a parking page as a driver's phone would, and says rule by rule whether it is pure.

`seen`, `sites`, `hosts`, `canary`, `wording`, `rules`, `judging` and `verdicts` are pure and know what a
page must not do; `browser` is the only module that drives Chromium; `proxy` is the only way it reaches a
network.
"""
