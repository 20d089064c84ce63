"""The test kit for bots: people who write, rooms that hear the bot, and a clock that tests turn."""
