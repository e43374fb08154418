"""`python -m tools.cluster`: several instances behind nginx on this machine, without containers.

Starts PostgreSQL and Redis (unless DATABASE_URL and REDIS_URL name some), INSTANCES instances, and
nginx with deploy/nginx.conf at PORT. Logs are below var/cluster/PORT. An instance that is killed is
started again; one that has drained stays away. What PostgreSQL held is gone at the end. Ctrl-C
drains the instances and ends everything; a second one does not wait for clients.
"""

import os
import shutil
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from realtime.server.connections import raise_descriptor_limit
from tools.cluster import balancer, parts
from tools.cluster.processes import Process, StartError
from tools.paths import ROOT, VAR

PORT, INSTANCES = 8080, 2
# Two cores carry a few instances; each takes 150 MB and twenty database connections.
INSTANCES_MOST = 16
# As docker-compose.yml's `stop_grace_period`.
STOP_S = 35.0
# How often it is asked whether all are still there.
LOOK_S = 0.2
# All clients come from this machine: the deployment's limit of one address would be that of all. A
# proxied socket takes two of nginx's 16,384 `worker_connections`.
CONNECTIONS_PER_ADDRESS = 8_000


class Instance:
    """`manage.py serve` at a port of its own, which it keeps when it is started again."""

    def __init__(self, number: int, folder: Path) -> None:
        """Raises `StartError` or `OSError` if it does not come up."""
        self.number = number
        self.has_ended = False
        self.log = folder / f"instance-{number}.log"
        self.process, self.port = parts.on_a_free_port(self._start)

    def restart_if_dead(self) -> None:
        """Start it again after a kill or a crash; not if it was told to drain. Raises as above."""
        code = self.process.exit_code
        if code is None or self.has_ended:
            return
        if code == 0:
            self.has_ended = True
            _print(f"instance {self.number} has drained and stays away")
            return
        self._start(self.port)
        _print(f"instance {self.number} ended with {code} and was started again: {self}")

    def _start(self, port: int) -> Process:
        command = [sys.executable, str(ROOT / "manage.py"), "serve"]
        env = {**os.environ, "HOST": balancer.HOST, "PORT": str(port)}
        # Known before it is up: an interrupt of the wait must find it.
        self.process = Process(command, log=self.log, env=env, cwd=ROOT)
        self.process.wait_until(lambda: balancer.listens(port))
        return self.process

    def __str__(self) -> str:
        return f"http://{balancer.HOST}:{self.port} (pid {self.process.pid}, {self.log.name})"


class Cluster:
    """Instances, and the balancer in front of them once they are up."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._balancer: Process | None = None
        self.instances: list[Instance] = []

    def start(self, nginx: str, port: int, count: int) -> None:
        """Raises `StartError` or `OSError`."""
        with ThreadPoolExecutor() as pool:
            # Leaving the block waits for all, so that those that are up are known if one fails.
            starts = [pool.submit(self._add, number) for number in range(1, count + 1)]
        for each in starts:
            each.result()
        self.instances.sort(key=lambda instance: instance.number)
        file = self._folder / "nginx.conf"
        ports = [instance.port for instance in self.instances]
        file.write_text(
            balancer.adapted(
                port, ports, self._folder, connections_per_address=CONNECTIONS_PER_ADDRESS
            )
        )
        self._balancer = balancer.start(nginx, file, port=port)

    def _add(self, number: int) -> None:
        self.instances.append(Instance(number, self._folder))

    def supervise(self) -> None:
        """Keep the instances running. Raises `StartError` once that is impossible."""
        while self._balancer is not None and self._balancer.running:
            for instance in self.instances:
                instance.restart_if_dead()
            time.sleep(LOOK_S)
        raise StartError("nginx has ended")

    def stop(self) -> None:
        """Drain all instances at once; clients are told so through the balancer, which ends last.

        An interrupt meanwhile kills what is left.
        """
        processes = [instance.process for instance in self.instances]
        for process in processes:
            process.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_S
        try:
            while any(process.running for process in processes) and time.monotonic() < deadline:
                time.sleep(LOOK_S)
        finally:
            for process in processes:
                process.kill()
            if self._balancer is not None:
                self._balancer.stop(timeout_s=10)


def main() -> int:
    # SIGINT too: a shell starts its background jobs with it ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        port = _number("PORT", PORT, 65_535)
        count = _number("INSTANCES", INSTANCES, INSTANCES_MOST)
        with ExitStack() as ends:
            _run(ends, port, count)
    except KeyboardInterrupt:
        _print("everything has ended")
        return 0
    except (parts.MissingPartError, StartError, OSError, ValueError) as error:
        print(f"bellwire: {error}", file=sys.stderr)
    return 1


def _run(ends: ExitStack, port: int, count: int) -> None:
    """Start everything and keep it running until Ctrl-C."""
    if balancer.listens(port):
        raise StartError(f"port {port} is taken; PORT=… names another")
    nginx = parts.nginx_binary()
    if nginx is None:
        raise parts.MissingPartError(
            "nginx is missing: install it (Debian: apt-get install nginx-light)"
        )
    folder = VAR / "cluster" / str(port)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _bring_parts(ends, folder)
    # Not before the settings of this cluster are in the environment.
    from tools import start

    start.prepare()
    # nginx takes the limit as it is, and two descriptors for each client.
    raise_descriptor_limit()
    cluster = Cluster(folder)
    ends.callback(cluster.stop)
    cluster.start(nginx.where, port, count)
    print(f"\n  Bellwire on http://localhost:{port}   (nginx, {count} instances)")
    for instance in cluster.instances:
        print(f"  instance {instance.number}: {instance}")
    print(f"  logs: {folder.relative_to(ROOT)}")
    print(f"  DATABASE_URL={os.environ['DATABASE_URL']} REDIS_URL={os.environ['REDIS_URL']}")
    if os.environ["DEBUG"] == "1":
        print(f"  sign in as alice, bob, carol or admin; the password is {start.DEMO_PASSWORD}")
    print("  Ctrl-C drains the instances and ends everything\n", flush=True)
    try:
        cluster.supervise()
    except KeyboardInterrupt:
        _print("draining; Ctrl-C again does not wait for clients")
        raise


def _bring_parts(ends: ExitStack, folder: Path) -> None:
    """Start what the environment does not name, and name it there. Raises `MissingPartError`.

    An empty REDIS_URL means none.
    """
    os.environ.setdefault("DEBUG", "1")
    if not os.environ.get("DATABASE_URL"):
        binaries = parts.postgresql_binaries()
        log = folder / "postgresql.log"
        postgresql = parts.PostgreSQLServer(binaries, log=log, autovacuum="on")
        ends.callback(postgresql.stop)
        os.environ["DATABASE_URL"] = postgresql.url
        _print(f"PostgreSQL: {binaries.where} ({binaries.origin})")
    if "REDIS_URL" not in os.environ:
        binary = parts.redis_binary()
        redis = parts.RedisServer(binary, log=folder / "redis.log")
        ends.callback(redis.end)
        os.environ["REDIS_URL"] = redis.url
        _print(f"Redis: {binary.where} ({binary.origin})")


def _number(name: str, default: int, most: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) <= most:
        raise ValueError(f"{name} is {text!r}; expected a number from 1 to {most}")
    return int(text)


def _print(text: str) -> None:
    print(f"bellwire: {text}", flush=True)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
