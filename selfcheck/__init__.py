"""The self-check (自查): opens a parking page as a driver's phone would, and judges it rule by rule.

A package of its own: it imports nothing of the project and no Django. README.md lists its modules.
"""
