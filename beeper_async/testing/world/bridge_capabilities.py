"""What bridges can look up and create; the names in here are snake_case on the wire too."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def _lookups(*names: str) -> Json:
    known = (
        "any_phone",
        "contact_list",
        "create_dm",
        "lookup_email",
        "lookup_phone",
        "lookup_username",
        "search",
    )
    return {name: name in names for name in known}


NO_GROUPS: Json = {
    "resolve_identifier": _lookups("contact_list", "create_dm"),
    "group_creation": {},
}

PHONE_NETWORK: Json = {
    "resolve_identifier": _lookups("any_phone", "contact_list", "create_dm", "lookup_phone"),
    "group_creation": {
        "group": {
            "type_description": "a group chat",
            "name": {"allowed": True, "required": True, "min_length": 1, "max_length": 100},
            "participants": {
                "allowed": True,
                "required": True,
                "min_length": 1,
                "max_length": 1023,
            },
            "topic": {"allowed": False},
            "avatar": {"allowed": True},
            "disappear": {
                "allowed": True,
                "settings": {
                    "types": ["", "after_send"],
                    "timers": [86_400_000, 604_800_000],
                    "omit_empty_timer": True,
                },
            },
        }
    },
    "image_pack_import": False,
}

USERNAME_NETWORK: Json = {
    "resolve_identifier": _lookups("contact_list", "create_dm", "lookup_username", "search"),
    "group_creation": {
        "supergroup": {
            "type_description": "a group chat with topics",
            "name": {"allowed": True, "required": True, "min_length": 1, "max_length": 255},
            "participants": {"allowed": True, "max_length": 200},
            "topic": {"allowed": True, "max_length": 255},
            "username": {"allowed": True, "min_length": 5, "max_length": 32},
        },
        "channel": {
            "type_description": "a channel",
            "name": {"allowed": True, "required": True},
            "parent": {"allowed": True},
        },
    },
    "image_pack_import": True,
}
