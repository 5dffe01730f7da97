"""For what Airflow's operators do over HTTP to start an emulation and to follow it, call by call; Airflow itself is not needed for it."""
import requests

from waiting import wait_until

START_TIMEOUT_S = 30
TRIES, INTERVAL_S = 30, 5


def start_emulation(service, **body):
    """Posts JSON, takes no answer but a good one, and gives the id out of it: a text, or {"value": text}."""
    answer = requests.post(f"http://127.0.0.1:{service.port}/emulator", json=body, headers={"Content-Type": "application/json"}, timeout=START_TIMEOUT_S)
    answer.raise_for_status()
    given = answer.json()
    if "id" not in given:
        raise ValueError(f"Answer has no id: {given}")
    return given["id"]["value"] if isinstance(given["id"], dict) else given["id"]


def is_completed(service, emulation, endpoint="/emulator/{}/status"):
    """Asks once, as each poke of the sensor does."""
    answer = requests.get(f"http://127.0.0.1:{service.port}{endpoint.format(emulation)}", timeout=START_TIMEOUT_S)
    if answer.status_code != 200:
        raise ValueError(f"Status is not to be had: {answer.status_code}")
    return answer.json()["status"]["global_status"] == "completed"


def wait_for_emulation(service, emulation):
    """Asks until it is complete, as long as the sensor would; more often, so that nobody waits."""
    wait_until(lambda: is_completed(service, emulation), service.process, TRIES * INTERVAL_S)
