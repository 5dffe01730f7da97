"""For the versions of every server, pinned in one place, and the folders that hold them."""
import os
import pathlib

KAFKA = "4.3.1"
KAFKA_BEFORE_4 = "3.9.2"  # the last line that takes the SCRAM of librdkafka before 2.6.1
KAFKA_SCALA = "2.13"
SLF4J = "1.7.36"  # of the API that this Kafka brings
MAVEN_DEPENDENCY_PLUGIN = "3.6.1"
SPARK = "3.5.7"
HADOOP = "3.3.4"  # which that Spark was built with
SPECTRAL = "6.16.3"
REDOCLY = "2.77.0"  # runs on Node.js 20
MINIO = "v0.0.0-20260212201848-7aac2a2c5b7c"

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "headwater" / "servers"  # found again by every clone
STATE = pathlib.Path(os.environ.get("HEADWATER_SERVERS", ROOT / "build" / "servers"))  # data, logs and pids of `./dev up`
ENVIRONMENT = STATE.with_suffix(".env")
