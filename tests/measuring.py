"""For the memory that a run takes at most."""
import subprocess
import sys

# A child counts the memory of whoever started it, so somebody small must.
STARTER = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def measured(program, *arguments, **options):
    """Runs the program and gives its largest resident memory in KiB."""
    command = [sys.executable, "-S", "-c", STARTER, program, "run", *map(str, arguments), "--quiet"]
    return int(subprocess.run(command, check=True, capture_output=True, **options).stdout)
