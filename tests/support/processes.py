"""Programs that tests start: tools/cluster/processes.py, by the tests' name for it."""

from tools.cluster.processes import PORTS, START_S, STOP_S, Child, Process, StartError, free_port

__all__ = ["PORTS", "START_S", "STOP_S", "Child", "Process", "StartError", "free_port"]
