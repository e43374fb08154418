"""How long a test waits for what must come."""

# Nothing that is waited for takes a second by itself. A machine that is busy with other things may
# need many, which says nothing about the program: only what never comes shall fail.
PATIENCE_S = 60.0
