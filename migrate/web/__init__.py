"""The page about a migration, live, for browsers on this machine: what is seen, who may see it, and who serves it.

Served by Python's own ``http.server``: there are two kinds of answers, both to GET, and nobody but this machine asks.
What a framework would bring, routes and forms and middleware, is what must not be there.
"""
