"""For Kafka: a cluster of one node or three, each with plain, TLS and SASL listeners, whose nodes can be taken away."""
import json
import pathlib
import tempfile
import uuid
from typing import NamedTuple

from servers import versions
from servers.certificates import Certificates, certificates_in
from servers.errors import ServerError
from servers.installing import once, program, run
from servers.ports import HOST, free_port, is_free, usual_or_free
from servers.process import Process
from servers.tokens import AUDIENCE, ISSUER, Signer

USER = "headwater"
PASSWORD = "headwater-secret"
READY_S = 90
USUAL_PORTS = {"kafka": {1: (9092, 9093, 9094)}, "kafka3": {1: (19092, 19093, 19094), 2: (29092, 29093, 29094), 3: (39092, 39093, 39094)}}


def install(version: str = versions.KAFKA) -> pathlib.Path:
    """Gives the folder of Kafka's jars, fetched by Maven the first time."""
    def make(folder: pathlib.Path) -> None:
        program("java")
        run([program("mvn"), "-B", "-ntp", "-q", "-f", pathlib.Path(__file__).with_name("kafka.pom.xml"),
             f"org.apache.maven.plugins:maven-dependency-plugin:{versions.MAVEN_DEPENDENCY_PLUGIN}:copy-dependencies",
             f"-Dkafka.version={version}", f"-Dscala.version={versions.KAFKA_SCALA}", f"-Dslf4j.version={versions.SLF4J}",
             "-DincludeScope=runtime", f"-DoutputDirectory={folder}"])

    return once(f"kafka-{version}", make)


def classes(version: str) -> pathlib.Path:
    """Gives an archive of the classes that a node loads, so that it starts in half the time; written by the first that ends."""
    def make(folder: pathlib.Path) -> None:
        with tempfile.TemporaryDirectory() as data:
            first = Kafka(pathlib.Path(data), version=version)
            first.options = [f"-XX:ArchiveClassesAtExit={folder / 'archive'}"]
            first.start()
            first.stop()

    return once(f"kafka-{version}-classes", make) / "archive"


class Ports(NamedTuple):
    """Where a node listens. Clients that come to `proxied` are told to go to `proxy`, where a test may put its own."""

    plain: int
    tls: int
    sasl: int
    mutual: int
    token: int
    proxied: int
    proxy: int
    controller: int

    @classmethod
    def drawn(cls, usual: tuple[int, int, int] | None) -> "Ports":
        """Draws ports, apart from those of the usual listeners where they are given."""
        return cls(*(usual_or_free(port) for port in usual or (None,) * 3), *(free_port() for _ in range(5)))

    @classmethod
    def remembered(cls, path: pathlib.Path, usual: tuple[int, int, int] | None) -> "Ports":
        """Gives the ports a node had when it was started before, as far as nobody took them; else draws, and writes down which."""
        try:
            ports = cls(*json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            ports = None
        if usual or not ports or not all(map(is_free, ports)):
            ports = cls.drawn(usual)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(ports), encoding="utf-8")
        return ports


class Node:
    """One broker, which is a controller too."""

    def __init__(self, number: int, folder: pathlib.Path, ports: Ports):
        self.number = number
        self.folder = folder
        self.ports = ports
        self.process: Process | None = None
        self.properties = folder / "server.properties"

    def is_alive(self) -> bool:
        """Tells whether the node's process has not ended."""
        return self.process is not None and self.process.is_alive()


class Kafka:
    """A cluster whose nodes keep ports and data when they are stopped, killed and started again."""

    def __init__(self, folder: pathlib.Path, nodes: int = 1, version: str = versions.KAFKA, bound: bool = True,
                 usual_ports: bool = False, more: dict | None = None):
        self.version = version
        self.name = "kafka" if nodes == 1 else f"kafka{nodes}"
        self.folder = folder
        self.user, self.password = USER, PASSWORD
        self._bound = bound
        self._more = more or {}  # properties of every node, beside the usual ones
        self.options: list[str] | None = None  # of Java; chosen at the start when none are given
        usual = USUAL_PORTS[self.name] if usual_ports else {}
        self.nodes = {number: Node(number, folder / f"node{number}", Ports.remembered(folder / f"node{number}" / "ports.json", usual.get(number)))
                      for number in range(1, nodes + 1)}
        self.certificates = certificates_in(folder / "certificates")
        self.ca_file = self.certificates.authority
        self.signer = Signer(folder / "tokens")
        self._cluster_id = self._remembered_cluster_id()
        for node in self.nodes.values():
            node.properties.write_text(self._properties_of(node), encoding="utf-8")

    @property
    def bootstrap(self) -> str:
        """Gives the plain listeners."""
        return self._listeners("plain")

    @property
    def ssl_bootstrap(self) -> str:
        """Gives the TLS listeners."""
        return self._listeners("tls")

    @property
    def sasl_bootstrap(self) -> str:
        """Gives the listeners with TLS and a password: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512."""
        return self._listeners("sasl")

    @property
    def mutual_bootstrap(self) -> str:
        """Gives the TLS listeners that ask the client for its certificate."""
        return self._listeners("mutual")

    @property
    def token_bootstrap(self) -> str:
        """Gives the listeners with TLS and a token (OAUTHBEARER), whose logins end with it."""
        return self._listeners("token")

    def _listeners(self, kind: str) -> str:
        return ",".join(f"{HOST}:{getattr(node.ports, kind)}" for node in self.nodes.values())

    def _remembered_cluster_id(self) -> str:
        path = self.folder / "cluster.id"
        if not path.exists():
            path.write_text(uuid.uuid4().hex[:22], encoding="utf-8")
        return path.read_text(encoding="utf-8")

    def _properties_of(self, node: Node) -> str:
        ports, copies = node.ports, len(self.nodes)
        in_sync = min(copies, 2)
        listeners = {"PLAIN": ports.plain, "TLS": ports.tls, "SASL": ports.sasl, "MUTUAL": ports.mutual, "TOKEN": ports.token,
                     "PROXIED": ports.proxied}
        advertised = {**listeners, "PROXIED": ports.proxy}
        module = "org.apache.kafka.common.security"
        properties = {
            "node.id": node.number,
            "process.roles": "broker,controller",
            "controller.quorum.voters": ",".join(f"{other.number}@{HOST}:{other.ports.controller}" for other in self.nodes.values()),
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAIN",
            "listeners": _joined({**listeners, "CONTROLLER": ports.controller}),
            "advertised.listeners": _joined(advertised),
            "listener.security.protocol.map":
                "PLAIN:PLAINTEXT,TLS:SSL,SASL:SASL_SSL,MUTUAL:SSL,TOKEN:SASL_SSL,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT",
            **_shown(self.certificates, node.folder),
            "listener.name.mutual.ssl.client.auth": "required",
            "listener.name.mutual.ssl.truststore.type": "PEM",
            "listener.name.mutual.ssl.truststore.location": self.certificates.authority,
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
            "listener.name.sasl.plain.sasl.jaas.config":
                f'{module}.plain.PlainLoginModule required user_{self.user}="{self.password}";',
            "listener.name.sasl.scram-sha-256.sasl.jaas.config": f"{module}.scram.ScramLoginModule required;",
            "listener.name.sasl.scram-sha-512.sasl.jaas.config": f"{module}.scram.ScramLoginModule required;",
            "listener.name.token.sasl.enabled.mechanisms": "OAUTHBEARER",
            "listener.name.token.oauthbearer.sasl.jaas.config": f"{module}.oauthbearer.OAuthBearerLoginModule required;",
            "listener.name.token.oauthbearer.sasl.server.callback.handler.class": f"{module}.oauthbearer.OAuthBearerValidatorCallbackHandler",
            "listener.name.token.oauthbearer.connections.max.reauth.ms": 3_600_000,
            "sasl.oauthbearer.jwks.endpoint.url": self.signer.keys_file.as_uri(),
            "sasl.oauthbearer.expected.issuer": ISSUER,
            "sasl.oauthbearer.expected.audience": AUDIENCE,
            "sasl.oauthbearer.clock.skew.seconds": 0,
            "log.dirs": node.folder / "data",
            "auto.create.topics.enable": "false",
            "default.replication.factor": copies,
            "min.insync.replicas": in_sync,
            "offsets.topic.replication.factor": copies,
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": in_sync,
            "transaction.state.log.num.partitions": 4,
            "share.coordinator.state.topic.replication.factor": copies,
            "share.coordinator.state.topic.min.isr": in_sync,
            "group.initial.rebalance.delay.ms": 0,
            # A killed broker is given up soon, so that it may come back soon.
            "broker.session.timeout.ms": 2000,
            "broker.heartbeat.interval.ms": 500,
            "log.cleaner.dedupe.buffer.size": 16 << 20,
            "log.cleaner.backoff.ms": 500,  # a topic is compacted soon
            **self._more,
        }
        return "".join(f"{key}={value}\n" for key, value in properties.items())

    def _format(self, node: Node) -> None:
        """Prepares the data folder of a new node, with the users whose passwords are kept as SCRAM."""
        if (node.folder / "data" / "meta.properties").exists():
            return
        users = [word for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
                 for word in ("--add-scram", f"{mechanism}=[name={self.user},password={self.password}]")]
        run([program("java"), *self._java_options(), "-cp", f"{install(self.version)}/*", "kafka.tools.StorageTool", "format",
             "-t", self._cluster_id, "-c", node.properties, *users])

    def _java_options(self) -> list[str]:
        """Gives what makes a start cheap; a server of tests lives too briefly for the thorough compiler to pay."""
        if self.options is None:
            self.options = [f"-XX:SharedArchiveFile={classes(self.version)}", *(["-XX:TieredStopAtLevel=1"] if self._bound else [])]
        return self.options

    def start(self, number: int | None = None) -> None:
        """Starts one node or all, and returns when every live node is known and answers; a paused one goes on."""
        for node in self._chosen(number):
            if node.is_alive():
                node.process.resume()
                continue
            self._format(node)
            command = [program("java"), "-Xmx256m", "-XX:+UseSerialGC", *self._java_options(), "-Dorg.slf4j.simpleLogger.showDateTime=true",
                       f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={self.signer.keys_file.as_uri()}",
                       "-cp", f"{install(self.version)}/*", "kafka.Kafka", node.properties]
            node.process = Process.started(command, node.folder, self._bound)
        for node in self._chosen(number):
            node.process.wait_until(lambda node=node: self._answers(node), f"Kafka node {node.number}", READY_S)

    def is_running(self) -> bool:
        """Tells whether every node is there and not paused."""
        return all(node.process and node.process.is_running() for node in self.nodes.values())

    def _answers(self, node: Node) -> bool:
        """Tells whether a node gives metadata in which every live node is listed."""
        from confluent_kafka import KafkaException

        alive = {other.number for other in self.nodes.values() if other.is_alive()}
        try:
            known = self.admin(f"{HOST}:{node.ports.plain}").list_topics(timeout=1).brokers
        except KafkaException:
            return False
        return node.number in known and alive <= set(known)

    def admin(self, bootstrap: str = ""):
        """Gives a confluent-kafka admin client of the plain listeners."""
        from confluent_kafka.admin import AdminClient  # only those that ask for a client need the package

        return AdminClient({"bootstrap.servers": bootstrap or self.bootstrap, "log_level": 0})

    def client_options(self, mechanism: str = "") -> dict[str, str]:
        """Gives the options by which librdkafka connects: plain, `TLS`, or TLS with a password by a SASL mechanism."""
        if not mechanism:
            return {"bootstrap.servers": self.bootstrap}
        if mechanism == "TLS":
            return {"bootstrap.servers": self.ssl_bootstrap, "security.protocol": "ssl", "ssl.ca.location": str(self.ca_file)}
        return {"bootstrap.servers": self.sasl_bootstrap, "security.protocol": "sasl_ssl", "ssl.ca.location": str(self.ca_file),
                "sasl.mechanism": mechanism, "sasl.username": self.user, "sasl.password": self.password}

    def _chosen(self, number: int | None) -> list[Node]:
        return list(self.nodes.values()) if number is None else [self.nodes[number]]

    def _started(self, number: int | None) -> list[Process]:
        processes = [node.process for node in self._chosen(number) if node.process]
        if not processes:
            raise ServerError(f"Kafka was not started: {self.bootstrap}")
        return processes

    def stop(self, number: int | None = None) -> None:
        """Stops one node or all in good order. Without a majority nodes cannot say good-bye: then all end at once."""
        together = number is None and len(self.nodes) > 1
        for node in self._chosen(number):
            if node.process:
                node.process.kill() if together else node.process.stop()

    def kill(self, number: int | None = None) -> None:
        """Ends one node or all as a crash would."""
        for process in self._started(number):
            process.kill()

    def pause(self, number: int | None = None) -> None:
        """Freezes one node or all: connections stay open, nothing answers."""
        for process in self._started(number):
            process.pause()

    def resume(self, number: int | None = None) -> None:
        """Lets paused nodes go on."""
        for process in self._started(number):
            process.resume()

    def environment(self) -> dict[str, str]:
        """Gives what a client needs to know."""
        prefix = self.name.upper()
        return {
            f"{prefix}_BOOTSTRAP": self.bootstrap,
            f"{prefix}_SSL_BOOTSTRAP": self.ssl_bootstrap,
            f"{prefix}_SSL_CA": str(self.ca_file),
            f"{prefix}_MUTUAL_BOOTSTRAP": self.mutual_bootstrap,
            f"{prefix}_CLIENT_CERTIFICATE": str(self.certificates.client_certificate),
            f"{prefix}_CLIENT_KEY": str(self.certificates.client_key),
            f"{prefix}_SASL_BOOTSTRAP": self.sasl_bootstrap,
            f"{prefix}_TOKEN_BOOTSTRAP": self.token_bootstrap,
            f"{prefix}_SASL_USER": self.user,
            f"{prefix}_SASL_PASSWORD": self.password,
            f"{prefix}_PIDS": " ".join(str(process.pid) for process in self._started(None)),
        }


def _joined(ports: dict[str, int]) -> str:
    return ",".join(f"{name}://{HOST}:{port}" for name, port in ports.items())


def _shown(made: Certificates, folder: pathlib.Path) -> dict:
    """Puts key and certificate into the one file that Kafka reads, and gives the properties that name it."""
    both = folder / "server.pem"
    folder.mkdir(exist_ok=True)
    both.write_text(made.key.read_text(encoding="utf-8") + made.certificate.read_text(encoding="utf-8"), encoding="utf-8")
    return {"ssl.keystore.type": "PEM", "ssl.keystore.location": both}
