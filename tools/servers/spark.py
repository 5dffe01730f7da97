"""For Spark, the reader that many a platform stands on: installed beside the tests' own Python, with its client of S3."""
import json
import os
import pathlib
import subprocess
import sys
import threading

from servers import versions
from servers.errors import ServerError
from servers.installing import once, program, run


def install() -> pathlib.Path:
    """Gives the folder with `python` (the pyspark package) and `jars`, fetched by pip and Maven the first time."""
    def make(folder: pathlib.Path) -> None:
        program("java")
        run([program("mvn"), "-B", "-ntp", "-q", "-f", pathlib.Path(__file__).with_name("spark.pom.xml"),
             f"org.apache.maven.plugins:maven-dependency-plugin:{versions.MAVEN_DEPENDENCY_PLUGIN}:copy-dependencies",
             f"-Dhadoop.version={versions.HADOOP}", "-DincludeScope=runtime", f"-DoutputDirectory={folder / 'jars'}"])
        run([sys.executable, "-m", "pip", "install", "-q", "--target", folder / "python", f"pyspark=={versions.SPARK}"])

    return once(f"spark-{versions.SPARK}", make)


def causes_in(said: str) -> str:
    """Gives the lines of Java's stack traces that say what went wrong, or the end of what was said."""
    causes = [line.strip() for line in said.splitlines() if "Exception" in line or "Error" in line]
    return "\n".join(causes[-8:]) or said[-2000:]


# Each script has a session of its own, named `spark`, and assigns what it found to `answer`.
DRIVER = r"""
import json, sys
from pyspark.sql import SparkSession
builder = SparkSession.builder.master("local[2]")
for name, value in json.loads(sys.stdin.readline()).items():
    builder = builder.config(name, value)
first = builder.getOrCreate()
first.sparkContext.setLogLevel("ERROR")
for line in sys.stdin:
    names = {"spark": first.newSession()}
    try:
        exec(json.loads(line), names)
        told = {"answer": names["answer"]}
    except Exception as error:
        told = {"error": str(error)}
    print("\ntold " + json.dumps(told, default=str), flush=True)
"""


class Spark:
    """One Spark that runs scripts, one after another; it ends with the program that started it."""

    def __init__(self, folder: pathlib.Path, settings: dict[str, str]):
        installed = install()
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / "log"
        settings = {"spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
                    "spark.driver.extraClassPath": f"{installed / 'jars'}/*", "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
                    "spark.sql.shuffle.partitions": "4", "spark.sql.session.timeZone": "UTC", "spark.sql.warehouse.dir": str(folder),
                    **settings}
        environment = {**os.environ, "PYTHONPATH": str(installed / "python"), "PYSPARK_PYTHON": sys.executable}
        with self.log.open("wb") as log:
            self._driver = subprocess.Popen([sys.executable, "-c", DRIVER], env=environment, text=True, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=log)
        self._tell(settings)

    def _tell(self, what: object) -> None:
        self._driver.stdin.write(json.dumps(what) + "\n")
        self._driver.stdin.flush()

    def ask(self, script: str, timeout_s: float = 300) -> object:
        """Runs a script that has `spark`, a session of its own, and gives what it assigns to `answer`, as JSON."""
        self._tell(script)
        patience = threading.Timer(timeout_s, self._driver.kill)
        patience.start()
        told = next((line for line in self._driver.stdout if line.startswith("told ")), None)
        patience.cancel()
        if told is None:
            raise ServerError(f"Spark ended: {causes_in(self.log.read_text(errors='replace'))}")
        told = json.loads(told.removeprefix("told "))
        if "error" in told:
            raise ServerError(f"Spark failed: {causes_in(told['error'])}")
        return told["answer"]

    def stop(self) -> None:
        """Ends it."""
        self._driver.kill()
        self._driver.communicate()
