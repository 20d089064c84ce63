"""The tables of an archive, and the steps that lead from older versions of them. Pure.

`docs/archive.md` documents the tables for programs that read them without this library. `raw` is
always the JSON object as it was received; the other columns are derived from it.
"""

from typing import Final

APPLICATION_ID: Final = 0x42454152
"""Says that a database is an archive: "BEAR" as a number."""
VERSION: Final = 1

TABLES: Final = """
create table meta (key text primary key, value text not null) without rowid;

create table runs (
    run integer primary key,
    started integer not null,      -- milliseconds since 1970, like all times here
    ended integer,                 -- null: it is under way, or its process was killed
    sweep text not null,           -- full, rolling, off; live for events between two runs
    exit_code integer,
    counts text not null default '{}'
);

create table accounts (
    id text primary key,
    raw blob,                      -- null: only known from its chats
    first_run integer not null,
    seen_run integer not null
) without rowid;

create table chats (
    n integer primary key autoincrement,
    id text not null unique,
    local_id text,
    account text not null,
    network text,
    title text not null,
    type text,
    last_activity integer,
    expiry integer,                -- seconds after which its messages disappear
    is_merged integer not null,    -- it owns no messages; its members are chats of their own
    raw blob not null,
    hash blob not null,
    first_run integer not null,
    changed_run integer not null,
    seen_run integer not null,
    gone_run integer               -- the run in which the app no longer had it
);

create table marks (
    chat integer primary key references chats,
    head_cursor text,              -- direction=after from here leads to what is not here yet
    head_n integer not null default 0,    -- the last message that was here without a hole in front
    back_cursor text,              -- the first read continues here, towards older messages
    back_run integer,              -- the run in which the first read began
    end_cursor text,               -- below the oldest message: where the app may fill in older ones
    end_run integer,               -- the run in which the first read reached the end
    swept_run integer,             -- the last run that compared every message of the chat
    swept_at integer
);

create table people (
    chat integer not null references chats,
    id text not null,
    name text,
    is_self integer not null,
    raw blob not null,
    first_run integer not null,
    seen_run integer not null,
    primary key (chat, id)
) without rowid;

create table messages (
    n integer primary key autoincrement,
    chat integer not null references chats,
    id text not null,
    pos text not null,             -- sorts as text in the order of the sort keys
    time integer not null,
    sender text not null,
    type text,
    linked_id text,                -- the message replied or reacted to
    words text,                    -- what search looks at: plain text and file names
    raw blob not null,
    hash blob not null,
    first_run integer not null,
    changed_run integer not null,
    deleted_run integer,           -- the run that found it deleted by somebody
    missed_run integer,            -- the first run that missed it, while it is not marked
    vanished_run integer,          -- the run that marked it: the app no longer serves it
    expired_run integer,           -- the same, when it was due by the timer of its chat
    is_pending integer not null,   -- an own message with a temporary ID
    unique (chat, id)
);
create index messages_by_position on messages (chat, pos);
create index messages_marked on messages (chat)
    where coalesce(vanished_run, expired_run) is not null;

create table aliases (
    chat integer not null references chats,
    id text not null,
    message integer not null references messages,
    primary key (chat, id)
) without rowid;

create table versions (
    n integer primary key autoincrement,
    chat integer not null references chats,
    message integer references messages,  -- null: a version of the chat itself
    run integer not null,
    at integer not null,           -- when it was replaced
    kind text not null,            -- edited, deleted, reactions, changed, vanished, expired, back
    raw blob not null              -- as it was before
);
create index versions_by_message on versions (message);

create table files (
    n integer primary key autoincrement,
    url text not null unique,
    state text not null,           -- wanted, partial, have, refused or gone
    sha256 text,
    size integer,
    mime text,                     -- as its first message says
    tries integer not null default 0,
    absent_run integer,            -- the run in which it was first answered with 404 or 410
    tried_run integer,
    why text
);
create index files_by_state on files (state);

create table attachments (
    message integer not null references messages,
    number integer not null,       -- its place in the list of attachments
    file integer references files, -- null: there is no address to fetch it from
    name text,
    kind text,
    expected_size integer,
    primary key (message, number)
) without rowid;
create index attachments_by_file on attachments (file);

create table problems (
    n integer primary key autoincrement,
    kind text not null,            -- record, chat, chats, vanished, file
    chat integer references chats,
    key text not null,             -- ID, cursor or address: a problem is stored once
    error text not null,
    raw blob,
    first_run integer not null,
    last_run integer not null,
    solved_run integer
);
create unique index problems_by_key on problems (kind, coalesce(chat, 0), key);

create table stale (message integer primary key, words text);  -- what search still has of them
"""

SEARCH: Final = """
create virtual table search using fts5 (
    words, content='', tokenize="unicode61 remove_diacritics 2"
)
"""

MIGRATIONS: Final[dict[int, str]] = {}
"""Statements that lead from a version to the next one, by the version that they start from."""
