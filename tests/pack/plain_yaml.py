"""For reading packs as the language does: YAML 1.2, where only null, true, false and JSON numbers are more than text."""
import re

import yaml


class PlainLoader(yaml.SafeLoader):
    """Reads YAML with the scalars of its JSON schema; instants and words such as `no` stay text."""


PlainLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("null", r"^(null|~|)$", "n~" "\0"),
    ("bool", r"^(true|false)$", "tf"),
    ("int", r"^-?(0|[1-9][0-9]*)$", "-0123456789"),
    ("float", r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$", "-0123456789"),
):
    PlainLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


def read(text: str):
    """Gives the tree of a pack or scenario."""
    return yaml.load(text, PlainLoader)
