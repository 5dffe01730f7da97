"""For Spark, the reader that many a platform stands on: installed beside the tests' own Python, with its client of S3."""
import json
import os
import pathlib
import subprocess
import sys

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


def ask(script: str, settings: dict[str, str], timeout_s: float = 300) -> object:
    """Runs a script that has `spark`, a session with these settings, and gives what it assigns to `answer`, as JSON."""
    folder = install()
    begin = ["import json", "from pyspark.sql import SparkSession", "builder = SparkSession.builder.master('local[2]')"]
    settings = {"spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
                "spark.jars": ",".join(map(str, sorted((folder / "jars").glob("*.jar")))), "spark.sql.shuffle.partitions": "4",
                **settings}
    begin += [f"builder = builder.config({name!r}, {value!r})" for name, value in settings.items()]
    begin += ["spark = builder.getOrCreate()", "spark.sparkContext.setLogLevel('ERROR')"]
    text = "\n".join([*begin, script, "print('\\nanswer ' + json.dumps(answer, default=str))", "spark.stop()"])
    environment = {**os.environ, "PYTHONPATH": str(folder / "python"), "PYSPARK_PYTHON": sys.executable}
    result = subprocess.run([sys.executable, "-c", text], env=environment, capture_output=True, text=True, timeout=timeout_s,
                            stdin=subprocess.DEVNULL)
    found = [line for line in result.stdout.splitlines() if line.startswith("answer ")]
    if result.returncode != 0 or not found:
        raise ServerError(f"Spark failed with {result.returncode}: {causes_in(result.stderr)}")
    return json.loads(found[-1].removeprefix("answer "))
