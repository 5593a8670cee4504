"""Single sign-on of staff with the operator's own identity provider, by OpenID Connect.

`tokens` verifies what the provider signed; `provider` talks to it. The console's pages
are in `console.sso_pages`.
"""
