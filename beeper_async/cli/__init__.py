"""The commands, one file each, and what they share.

A command is a module with a `SUMMARY`, `configure(parser)` and `async run(options)`. Building the
parser imports all of them, so they import the client only when they run.
"""
