"""Signing in with an account of the house's own identity provider, by OpenID Connect.

`tokens` believes or does not believe what the provider signed; `provider` talks to it. The console's pages
are in `console.sso_pages`.
"""
