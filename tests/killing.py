"""For killing a run, as often as asked, and letting it go on until it has ended."""
import os
import pathlib
import random
import subprocess

METERS = pathlib.Path(__file__).parent / "packs" / "meters.yaml"  # more life than records: goes on from kept states
POINTS = ("window.made", "checkpoint.drained", "checkpoint.durable", "checkpoint.kept", "lanes.closed", "manifest.written", "journal.ended")


class Killer:
    """Runs one command in a folder of its own, kills it (SIGKILL), and goes on with --resume."""

    def __init__(self, program, folder, arguments, environment=()):
        self.program, self.folder, self.arguments = program, pathlib.Path(folder), [str(word) for word in arguments]
        self.environment = {**os.environ, **dict(environment)}
        self.kills = 0
        self.has_ended = False

    def command(self):
        """Gives what goes on: --resume once the run has written down how it was started, until its folder is gone."""
        states = [state for state in self.folder.glob(".headwater/runs/*") if any(state.glob("run.json")) or any(state.glob("journal-*"))]
        return ["run", "--resume", states[0].name] if states else ["run", *self.arguments]

    def start(self, failpoint=None):
        environment = {**self.environment, **({"HEADWATER_FAILPOINT": failpoint} if failpoint else {})}
        return subprocess.Popen([self.program, *self.command()], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def kill_after(self, seconds):
        """Starts or goes on, and kills after some seconds; False when the run ended first."""
        process = self.start()
        try:
            _, said = process.communicate(timeout=seconds)
            assert process.returncode == 0, said
            self.has_ended = True
            return False
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.kills += 1
            return True

    def kill_at(self, point, count=1):
        """Starts or goes on, and dies at a named point; False when the run ended first."""
        process = self.start(f"{point}@{count}")
        _, said = process.communicate(timeout=300)
        assert process.returncode in (0, -9), said
        self.kills += process.returncode == -9
        self.has_ended = process.returncode == 0
        return not self.has_ended

    def finish(self):
        """Goes on undisturbed to the end, unless the run has ended."""
        if self.has_ended:
            return
        process = self.start()
        _, said = process.communicate(timeout=600)
        assert process.returncode == 0, said
        self.has_ended = True

    def kill_at_random(self, seed, times, longest):
        """Kills at random instants, `times` at most, then finishes."""
        chance = random.Random(seed)
        for _ in range(times):
            if not self.kill_after(chance.uniform(0.01, longest)):
                break
        self.finish()
