"""For the files by which the service is started elsewhere: their settings are settings, and a restart ends no run."""
import configparser
import pathlib

import pytest
import yaml

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
STOP_LIMIT_S = 10  # for what was made to be durable


def config_of(headwater, *flags, **environment):
    """Gives the settings that a start with these would have."""
    told = headwater("serve", *flags, "--print-config", env={"PATH": "/usr/bin:/bin", **environment}).stdout
    return dict(line.split("=", 1) for line in told.splitlines())


def of_systemd(headwater):
    unit = configparser.RawConfigParser(strict=False, dict_type=_Repeated)
    unit.optionxform = str
    unit.read(DEPLOY / "headwater.service", encoding="utf-8")
    service = unit["Service"]
    program, *words = service["ExecStart"].splitlines()[-1].split()
    assert program == "/usr/bin/headwater" and words == ["serve"]
    environment = dict(line.split("=", 1) for line in service["Environment"].splitlines())
    kept = "/var/lib/" + service["StateDirectory"]
    return config_of(headwater, **environment), kept, int(service["TimeoutStopSec"])


class _Repeated(dict):
    """Keeps every value of a name that comes several times, a line each."""

    def __setitem__(self, name, value):
        if isinstance(value, list) and name in self:
            value = self[name] + value
        super().__setitem__(name, value)


def of_kubernetes(headwater):
    _, stateful = yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8"))
    assert stateful["spec"]["replicas"] == 1
    pod = stateful["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["args"][0] == "serve"
    [mount] = container["volumeMounts"]
    [claim] = stateful["spec"]["volumeClaimTemplates"]
    assert mount["name"] == claim["metadata"]["name"]
    assert {container[probe]["httpGet"]["path"] for probe in ("livenessProbe", "readinessProbe")} == {"/livez", "/readyz"}
    config = config_of(headwater, *container["args"][1:], **{one["name"]: "0123456789abcdef" for one in container["env"]})
    return config, mount["mountPath"], pod["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("read", [of_systemd, of_kubernetes])
def test_runs_go_on_over_a_restart(headwater, read):
    config, kept, grace_s = read(headwater)
    assert config["HEADWATER_ON_STOP"] == "resume"
    assert config["HEADWATER_DATA"].startswith(kept + "/"), "what runs need to go on outlives the process"
    assert grace_s > 2 * STOP_LIMIT_S
