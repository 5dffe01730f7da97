"""For what can go wrong with a server, said in one line."""


class ServerError(Exception):
    """Says what was wrong, then the value."""
