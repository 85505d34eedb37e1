"""Speed, measured against a peer in the same run; `make bench` prints the table."""

import os
import sys

# Every peer has its compiled bytecode, as on a user's machine, also where this shell forbids Python to keep it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
