"""The real server, real clients. Fixtures:

server      one server a test module, durable, on a folder of its own; server.client("events") is boto3
new_server  starts further ones: new_server(arguments...) -> Server; they end with the test
aws         runs the unmodified aws CLI against the module's server: aws("events", "list-rules") -> parsed JSON
"""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

import boto3
import botocore.config
import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("CREMA_BUILD", os.path.join(TOP, "build"))
CREMA = os.path.join(BUILD, "crema")
REGION = "us-east-1"
ACCOUNT = "000000000000"
SLOW = 10 if os.environ.get("CREMA_SANITIZER") else 1  # sanitizers take their time


def shared(*names):
    """A file of the recorded answers; skips with a word when they are not on this machine."""
    for folder in filter(None, [os.environ.get("CREMA_SHARED"), os.path.join(TOP, "..", "shared"),
                                os.path.join(TOP, "..", "..", "shared")]):
        path = os.path.join(folder, "data", *names)
        if os.path.exists(path):
            return path
    pytest.skip("recorded answers are not on this machine: " + "/".join(names))


class Server:
    """One crema process. stop(): SIGTERM; kill(): SIGKILL; start(): again on the same folder and port."""

    def __init__(self, *arguments, **options):
        self.prepare(*arguments, **options)
        self.start()

    def prepare(self, *arguments, data=None, environment=None):
        self.arguments = list(arguments)
        self.own_folder = data is None and "--ephemeral" not in arguments
        self.data = data or (tempfile.mkdtemp(prefix="crema-road-") if self.own_folder else None)
        self.environment = dict({k: v for k, v in os.environ.items() if not k.startswith("CREMA_")},
                                **(environment or {}))
        self.process = None
        self.port = 0
        self.clients = {}
        self.log = tempfile.TemporaryFile(mode="w+")

    def start(self, expect_ready=True):
        command = [CREMA, "serve", "--listen", f"127.0.0.1:{self.port}"]
        if self.data:
            command += ["--data", self.data]
        self.process = subprocess.Popen(command + self.arguments, stdout=subprocess.PIPE, stderr=self.log,
                                        text=True, env=self.environment)
        line = self.process.stdout.readline()
        if not line.startswith("Crema is ready on http://"):
            status = self.process.wait(timeout=30)
            if expect_ready:
                raise RuntimeError(f"the server did not start (exit {status}): {self.errors()}")
            return None
        self.endpoint = line.split()[4]
        self.port = int(self.endpoint.rsplit(":", 1)[1])
        return self

    def errors(self):
        self.log.seek(0)
        return self.log.read()

    def client(self, service, region=REGION, key="test", secret="test", **options):
        name = (service, region, key, secret, tuple(sorted(options)))
        if name not in self.clients:
            config = botocore.config.Config(retries={"max_attempts": 0}, connect_timeout=10, read_timeout=60 * SLOW,
                                            parameter_validation=options.pop("parameter_validation", False), **options)
            self.clients[name] = boto3.session.Session().client(
                service, endpoint_url=self.endpoint, region_name=region, aws_access_key_id=key,
                aws_secret_access_key=secret, config=config)
        return self.clients[name]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=30)
        self.process.stdout.close()

    def stop(self):
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=60 * SLOW)
        self.process.stdout.close()
        return status

    def close(self):
        status = None
        if self.process and self.process.poll() is None:
            status = self.stop()
        if self.own_folder:
            shutil.rmtree(self.data, ignore_errors=True)
        return status


@pytest.fixture(scope="module")
def server():
    one = Server()
    yield one
    status = one.close()
    assert status in (None, 0), one.errors()


@pytest.fixture
def events(server):
    return server.client("events")


@pytest.fixture
def logs(server):
    return server.client("logs")


@pytest.fixture
def sfn(server):
    return server.client("stepfunctions")


@pytest.fixture
def new_server():
    started = []

    def start(*arguments, **options):
        started.append(Server(*arguments, **options))
        return started[-1]

    yield start
    for one in started:
        status = one.close()
        assert status in (None, 0), one.errors()


def aws_environment(endpoint):
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "CREMA_"))}
    return dict(keep, AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION=REGION,
                AWS_ENDPOINT_URL=endpoint, AWS_PAGER="", AWS_EC2_METADATA_DISABLED="true",
                AWS_CONFIG_FILE="/nonexistent", AWS_SHARED_CREDENTIALS_FILE="/nonexistent", LC_ALL="C.UTF-8")


class AwsError(Exception):
    pass


@pytest.fixture
def aws(server):
    program = shutil.which("aws")
    if not program:
        pytest.skip("the aws CLI is not on this machine")

    def run(*arguments):
        done = subprocess.run([program, "--endpoint-url", server.endpoint, "--output", "json", *arguments],
                              env=aws_environment(server.endpoint), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=120 * SLOW)
        if done.returncode != 0:
            raise AwsError(done.stderr.strip())
        return json.loads(done.stdout) if done.stdout.strip() else None

    return run


def eventually(look, seconds=10):
    """What look() returns once it is true."""
    end = time.monotonic() + seconds * SLOW
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, f"it did not happen within {seconds} s; last seen: {found!r}"
        time.sleep(0.02)
