"""`python3 -m tools.npm …`: npm in frontend/, with the Node that built the page."""

import os
import sys

from tools.node import find_node, npm_environment
from tools.paths import FRONTEND

if __name__ == "__main__":
    node = find_node()
    os.chdir(FRONTEND)
    os.execve(node.npm, [str(node.npm), *sys.argv[1:]], npm_environment(node))
