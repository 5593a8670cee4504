"""Install and run PureCode on a server: `deploy/install` and the command `purecode`.

Needs the system's Python (3.11 or newer) and its standard library alone, as root.
"""
