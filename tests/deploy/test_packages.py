"""For what is installed and packed: it runs wherever it is put, in a root with nothing but what it says it needs."""
import os
import pathlib
import re
import shutil
import subprocess
import tarfile

import pytest
from confluent_kafka.admin import NewTopic

from share import packages_linked

BASE = ("coreutils", "dash", "libc-bin")  # for the root to be entered, and for scripts of packages
MERGED = ("bin", "lib", "lib64", "sbin")
LEFT_OUT = re.compile(r"/usr/share/(doc|man|locale|info|lintian)/")


def output_of(*command, **options):
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True, **options).stdout


@pytest.fixture(scope="module")
def installed(program, tmp_path_factory):
    """Gives a folder with what `cmake --install` puts there, moved away from where it was put."""
    folder = tmp_path_factory.mktemp("installed")
    output_of("cmake", "--install", program.parent, "--prefix", folder / "prefix")
    return (folder / "prefix").rename(folder / "moved")


@pytest.fixture(scope="module")
def packages(program, tmp_path_factory):
    """Gives the folder with the packages that cpack makes of the build."""
    folder = tmp_path_factory.mktemp("packages")
    output_of("cpack", "--config", program.parent / "CPackConfig.cmake", "-B", folder)
    return folder


@pytest.fixture(scope="module")
def archive(packages):
    return next(packages.glob("headwater-*.tar.gz"))


@pytest.fixture(scope="module")
def deb(packages):
    return next(packages.glob("headwater_*.deb"))


def pour_parquet(program, folder):
    subprocess.run([program, "run", "payments", "--count", "10", "--state", "none", "--to", f"file:{folder}?format=parquet"],
                   check=True, capture_output=True, env={})
    assert list(folder.rglob("*.parquet"))


def test_an_installed_program_runs_wherever_it_is_put(installed, tmp_path):
    pour_parquet(installed / "bin" / "headwater", tmp_path / "out")


def test_nothing_installed_looks_for_libraries_in_a_place_of_this_machine(installed):
    binaries = [installed / "bin" / "headwater", *(installed / "lib" / "headwater").iterdir()]
    assert {"headwater", "headwater_parquet.so", "headwater_s3.so", "headwater_kafka.so"} <= {path.name for path in binaries}
    for binary in binaries:
        assert set(re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.*)\]", output_of("readelf", "-d", binary))) <= {"$ORIGIN"}, binary


def test_packs_are_installed_as_they_are_built_in(installed):
    pack = installed / "share" / "headwater" / "packs" / "payments" / "payments.yaml"
    of_file, built_in = (output_of(installed / "bin" / "headwater", "describe", what).splitlines() for what in (pack, "payments"))
    assert len(of_file) > 10 and of_file[1:] == built_in[1:], "only the first line says where it lies"


def test_every_command_is_in_the_man_page(installed):
    page = output_of("zcat", installed / "share" / "man" / "man1" / "headwater.1.gz")
    commands = re.findall(r"^  ([a-z]+)", output_of(installed / "bin" / "headwater", "--help").split("Subcommands:")[1], re.MULTILINE)
    assert len(commands) > 5
    for command in commands:
        assert f".SH HEADWATER {command.upper()}" in page
    assert not re.search(r"^\.(?!SH|TH|B |I |nf|fi)", page, re.MULTILINE), "no line of the help is taken for a request"


@pytest.mark.parametrize("shell, name", [("bash", "bash-completion/completions/headwater"), ("zsh", "zsh/site-functions/_headwater"),
                                         ("fish", "fish/vendor_completions.d/headwater.fish")])
def test_completions_are_those_that_the_program_prints(installed, shell, name):
    assert (installed / "share" / name).read_text() == output_of(installed / "bin" / "headwater", "completion", shell)


def test_the_licences_of_what_is_linked_are_installed(installed):
    licences = {path.name for path in (installed / "share" / "doc" / "headwater" / "licences").iterdir()}
    assert {"pyarrow-LICENSE.txt", "pyarrow-NOTICE.txt", "swagger_ui_bundle_v2-LICENSE", "nlohmann-json3-dev"} <= licences
    assert any(name.startswith("libcurl4") for name in licences) and any(name.startswith("libboost") for name in licences)


@pytest.mark.long
def test_the_archive_runs_where_it_is_unpacked(archive, tmp_path):
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="tar")
    pour_parquet(next(tmp_path.glob("headwater-*/bin/headwater")), tmp_path / "out")


@pytest.mark.long
def test_the_package_asks_for_every_library_that_the_program_links(deb, program):
    asked = set(re.findall(r"(?:^|, )([a-z0-9][a-z0-9.+-]+)", output_of("dpkg-deb", "-f", deb, "Depends")))
    linked = {package for binary in (program, *program.parent.glob("headwater_*.so")) for package in packages_linked(binary)}
    assert {"libfyaml0", "libcurl4", "libpugixml1v5"} <= linked
    assert linked <= asked


def closure(names):
    """Gives packages with all that they depend on, as this machine has them."""
    known, ahead = {}, list(names)
    while ahead:
        name = ahead.pop()
        if name in known:
            continue
        answer = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}, ${Depends}, ${Pre-Depends}", name],
                                capture_output=True, text=True)
        if not answer.stdout.startswith("installed,"):
            continue  # the other half of an alternative, or only a name that another package provides
        known[name] = answer.stdout
        ahead += re.findall(r"(?:^|[,|])\s*([a-z0-9][a-z0-9.+-]+)", answer.stdout)
    return set(known)


@pytest.fixture(scope="module")
def clean_root(deb, tmp_path_factory):
    """Gives a root of Debian with the package installed, and of other packages only those that it asks for."""
    if os.geteuid() != 0:
        pytest.skip("only root enters another root")
    root = tmp_path_factory.mktemp("root")
    for name in MERGED:
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    wanted = re.findall(r"(?:^|[,|])\s*([a-z0-9][a-z0-9.+-]+)", output_of("dpkg-deb", "-f", deb, "Depends"))
    names = closure([*wanted, *BASE])
    files = {line for name in names for line in output_of("dpkg", "-L", name).splitlines()
             if not LEFT_OUT.match(line) and line[1:] not in MERGED and (os.path.islink(line) or os.path.isfile(line))}
    packed = subprocess.run(["tar", "--create", "--files-from", "-"], input="\n".join(files).encode(), check=True, capture_output=True)
    subprocess.run(["tar", "--extract", "--keep-directory-symlink", "--directory", root], input=packed.stdout, check=True)
    database = root / "var" / "lib" / "dpkg"
    database.mkdir(parents=True, exist_ok=True)
    (database / "status").write_text("".join(output_of("dpkg-query", "-s", name) + "\n" for name in names))
    (database / "updates").mkdir()
    for folder in ("proc", "tmp", "dev"):
        (root / folder).mkdir(exist_ok=True)
    output_of("dpkg", "--root", root, "--install", deb)
    yield root
    shutil.rmtree(root)


def enter(root, *command, **environment):
    """Runs a command in another root, with a /proc, and nothing of this machine's environment."""
    script = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'
    return subprocess.run(["unshare", "--mount", "sh", "-c", script, root, *command], capture_output=True, text=True, timeout=300,
                          env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/", **environment})


@pytest.mark.long
def test_installed_in_a_clean_root_it_pours_to_kafka_s3_and_parquet(clean_root, kafka, minio):
    assert enter(clean_root, "headwater", "version").stdout.startswith("headwater ")
    admin = kafka.admin()
    admin.create_topics([NewTopic("packed", 1)])["packed"].result(60)
    minio.client().create_bucket(Bucket="packed")
    account = {name: value for name, value in minio.environment().items() if name.startswith("AWS_")}
    poured = enter(clean_root, "headwater", "run", "payments", "--streams", "transactions", "--count", "100", "--state", "none",
                   "--to", f"kafka://{kafka.bootstrap}/packed", "--to", "s3://packed/run", "--to", "file:/tmp/out?format=parquet",
                   **account)
    assert poured.returncode == 0, poured.stderr
    assert list((clean_root / "tmp" / "out").rglob("*.parquet"))
    assert minio.client().list_objects_v2(Bucket="packed")["KeyCount"] > 0
    read = output_of("kcat", "-q", "-C", "-e", "-b", kafka.bootstrap, "-t", "packed", "-f", "%h\n", timeout=60)
    assert len(read.splitlines()) == 100
