"""`beeper-async send`: send a message."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from beeper_async import omit

from .chat_argument import CHAT_SECTION, ChatChoice, chat_argument, find_chat, json_option
from .connection import Target, connect, target_options
from .exit_codes import ExitCode
from .help import Command, Section
from .running import run_async
from .text import clean
from .values import words

if TYPE_CHECKING:
    from beeper_async import AsyncBeeperDesktop
    from beeper_async.models import Chat, Contact

_SECTIONS: Final = (
    CHAT_SECTION,
    Section(
        "TEXT",
        "Plain text or Markdown. - reads it from standard input. Other users of this machine can "
        "read the arguments of a command while it runs, so private text is better sent with -.",
    ),
    Section(
        "Confirmation",
        "If none of the newest messages of the chat is yours, you are asked first. Without a "
        "terminal, nothing is sent and the exit code is 2. --yes sends without a question.",
    ),
    Section(
        "In a pipe or a file",
        terms=(("1", "sent"), ("2", "chat"), ("3", "chat ID"), ("4", "message ID, or pending ID")),
    ),
    Section(
        "Examples",
        lines=(
            "beeper-async send Mum 'See you'",
            "echo hi | beeper-async send Mum -",
            "beeper-async send Mum --file me.jpg",
        ),
    ),
)


@click.command("send", cls=Command, sections=_SECTIONS)
@chat_argument
@click.argument("text", metavar="[TEXT|-]", required=False, callback=words)
@click.option("--file", metavar="PATH", type=click.Path(path_type=Path), help="A file to attach.")
@click.option("--reply-to", metavar="ID", callback=words, help="The message to reply to.")
@click.option("--wait", is_flag=True, help="Wait until the network has accepted it, up to 60 s.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@target_options
@run_async
async def command(
    choice: ChatChoice,
    text: str | None,
    file: Path | None,
    reply_to: str | None,
    wait: bool,
    yes: bool,
    as_json: bool,
    target: Target,
) -> ExitCode | None:
    """Send a message to a chat."""
    from beeper_async.models import Message

    from .action_output import report

    if text is None and file is None:
        raise click.UsageError("TEXT or --file is missing")
    words_to_send = omit if text is None else _text(text)
    async with connect(target) as client:
        chat = await _confirmed_chat(client, choice, yes=yes)
        if chat is None:
            sys.stderr.write("Not sent.\n")
            return ExitCode.ERROR
        send = client.messages.send_and_wait if wait else client.messages.send
        sent = await send(
            chat.id,
            text=words_to_send,
            file=file or omit,
            reply_to_message_id=reply_to or omit,
        )
        if isinstance(sent, Message):
            report("delivered", chat, as_json=as_json, messageID=sent.id)
        else:
            report("sent", chat, as_json=as_json, pendingMessageID=sent.pending_message_id)
    return None


def _text(argument: str) -> str:
    """Return the text to send, from the argument or from standard input."""
    if argument != "-":
        return argument
    if sys.stdin is None:  # closed by whoever started the process
        raise click.UsageError("there is no standard input")
    try:
        text = sys.stdin.buffer.read().decode().removesuffix("\n")
    except UnicodeDecodeError:
        raise click.UsageError("the text on standard input must be UTF-8") from None
    if not text.strip():
        raise click.UsageError("the text on standard input is empty")
    return text


async def _confirmed_chat(
    client: "AsyncBeeperDesktop", choice: ChatChoice, *, yes: bool
) -> "Chat | None":
    """Find the chat to send to, and ask unless it is a habit to write there. None means no."""
    from beeper_async import ChatNotFoundError

    try:
        chat = await find_chat(client, choice)
    except ChatNotFoundError as error:
        contact = await _contact(client, choice, error)
        if not yes and not _agrees(f"There is no chat with {_shown(contact)} yet"):
            return None
        started = await client.chats.start(
            account_id=contact.account_id, user={"id": contact.user.id}
        )
        return await client.chats.retrieve(started.chat_id)
    newest = await client.messages.list(chat.id)
    is_usual = any(message.is_sender for message in newest.items)
    title = f"{clean(chat.title)} ({clean(chat.network or chat.account_id)})"
    if yes or is_usual or _agrees(f"None of the newest messages in {title} is yours"):
        return chat
    return None


async def _contact(
    client: "AsyncBeeperDesktop", choice: ChatChoice, no_chat: Exception
) -> "Contact":
    """Find somebody without a chat; who is no contact either leaves the chat not found."""
    from beeper_async import ContactNotFoundError

    try:
        return await client.accounts.contacts.resolve(
            choice.text,
            account_ids=choice.account_ids,
            network=choice.network or omit,
            exact=choice.exact,
        )
    except ContactNotFoundError:
        raise no_chat from None


def _shown(contact: "Contact") -> str:
    from .people_output import name_of

    return f"{clean(name_of(contact.user))} ({clean(contact.network or contact.account_id)})"


def _agrees(reason: str) -> bool:
    from .asking import can_ask, confirm

    if not can_ask():
        raise click.UsageError(f"{reason}. Nothing was sent; --yes sends without a question")
    return confirm(f"{reason}. Send it?")
