"""A client of `grpc.health.v1.Health` with the package `grpcio-health-checking`.

Watches the services that are named on the command line, and prints each message. Answers the commands on its standard
input: `check NAME` and `list`. The empty name is written as `-`.
"""

import sys
import threading

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

lock = threading.Lock()


def say(text):
    with lock:
        print(text, flush=True)


def status(answer):
    return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)


def named(name):
    return health_pb2.HealthCheckRequest(service="" if name == "-" else name)


def watch(stub, name):
    try:
        for answer in stub.Watch(named(name)):
            say(f"watch {name} {status(answer)}")
        say(f"watch {name} ended OK")
    except grpc.RpcError as error:
        say(f"watch {name} ended {error.code().name}")


def check(stub, name):
    try:
        say(f"check {name} {status(stub.Check(named(name)))}")
    except grpc.RpcError as error:
        say(f"check {name} {error.code().name}")


def list_all(stub):
    statuses = stub.List(health_pb2.HealthListRequest()).statuses
    entries = (f"{name or '-'}={status(answer)}" for name, answer in sorted(statuses.items()))
    say("list " + " ".join(entries))


def main():
    address, *names = sys.argv[1:]
    stub = health_pb2_grpc.HealthStub(grpc.insecure_channel(address))
    watchers = [threading.Thread(target=watch, args=(stub, name)) for name in names]
    for watcher in watchers:
        watcher.start()
    for line in sys.stdin:
        command, *rest = line.split()
        if command == "check":
            check(stub, *rest)
        else:
            list_all(stub)
    for watcher in watchers:
        watcher.join()


main()
