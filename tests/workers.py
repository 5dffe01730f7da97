"""For which worker runs which test: files as a whole, and as a whole those that ask for a server of their own."""
import os

from xdist.scheduler import LoadScopeScheduling

WORKER = os.environ.get("PYTEST_XDIST_WORKER")  # gw0, gw1 and so on; none when tests run in one process
OWN_SERVERS = ("spark", "own_kafka", "own_minio", "kafka3")  # whose tests run in one worker, so that each is started once
# Files and groups that take longest, so that no worker is left alone with one at the end.
LONGEST_FIRST = ("integration/test_resume_files.py", "own_kafka", "spark", "integration/test_kafka.py", "integration/test_resume_kafka.py",
                 "integration/test_resume_s3.py", "own_minio", "service/test_floods.py", "kafka3", "service/test_schemathesis.py",
                 "statistics/test_payments.py", "service/test_emulator.py", "service/test_verifications.py")


def group_of(item):
    """Gives the group whose tests one worker runs: that of its mark, or the server that is not shared."""
    if marked := item.get_closest_marker("xdist_group"):
        return marked.args[0]
    asked_for = [*item.fixturenames, *(item.callspec.params.values() if hasattr(item, "callspec") else ())]
    return next((name for name in OWN_SERVERS if name in asked_for), None)


def scope_of(nodeid):
    """Gives what one worker runs as a whole: the group that is named behind an id, or the file, whose tests share fixtures."""
    _, is_grouped, group = nodeid.rpartition("]")[2].rpartition("@")
    return group if is_grouped else nodeid.split("::")[0]


class FilesAndGroups(LoadScopeScheduling):
    """Hands out files and groups in the order of the tests."""

    def _split_scope(self, nodeid):
        return scope_of(nodeid)
