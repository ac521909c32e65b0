"""Whose a run is: the names of owners, as page, HTTP API and terminal agree on them."""

LOCAL = "local"
"""The one user of this machine: at the terminal, and on a page that nobody else reaches."""

VISITOR = "council.visitor"
"""Where the web server keeps who a visitor is whom no log-in names: a key of the request's scope."""
