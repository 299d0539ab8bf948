"""One row shape a file: FORMAT = Format(...). Files whose name begins with an underscore are shared code."""
