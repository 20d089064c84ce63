"""What there is: accounts, people, chats, messages and files, as plain JSON objects."""
