"""The commands, one file a verb: parse, build, call, exit.

Heavy libraries are imported by the command that uses them, so that ``--help`` answers at once.
"""
